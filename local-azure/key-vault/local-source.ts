import type { GraphResource } from '../resource-manager/graph-query.ts';
import type { LocalSourceKind } from './data-actions.ts';
import { type KeyType, publicPart } from './key-material.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { putKey, type SourceState, seconds, softDelete } from './source-state.ts';
import { addVersion, type StoredAttributes, type StoredKey } from './stored-key.ts';
import { keyIdentifier } from './wire-form.ts';

export interface LocalSourceOptions {
  readonly kind: LocalSourceKind;
  /** First label of the host name. */
  readonly name: string;
  /** A vault's backups can be restored in the same subscription and geography; one of each by default. */
  readonly subscriptionId?: string;
  readonly geography?: string;
  /** A Managed HSM's backups can be restored where this label is the same; its own name by default. */
  readonly securityDomain?: string;
  /** Of a vault: a standard one takes no HSM-protected keys. Premium by default. */
  readonly sku?: 'standard' | 'premium';
  /** What Azure Resource Manager shows of it; a plain, open vault with Azure roles by default. */
  readonly resource?: Partial<Pick<GraphResource, 'resourceGroup' | 'location' | 'properties'>>;
  /** Backup, get and list calls that it takes per second before it answers 429; unlimited when absent. */
  readonly callsPerSecond?: number;
}

export interface AddKeyOptions {
  readonly name: string;
  /** EC by default (EC-HSM in a Managed HSM), which costs 50 µs where RSA costs 50 ms. */
  readonly kty?: KeyType;
  readonly keySize?: number;
  readonly curve?: string;
  /** 1 by default. */
  readonly versions?: number;
  readonly enabled?: boolean;
  readonly expiresOn?: Date;
  readonly notBefore?: Date;
  readonly tags?: Readonly<Record<string, string>>;
  /** Certificate-backed. */
  readonly managed?: boolean;
  readonly exportable?: boolean;
}

/** A key version as tests compare it: nothing secret. */
export interface LocalKeyVersion {
  readonly id: string;
  readonly kid: string;
  readonly kty: KeyType;
  /** JWK members that are public: `n`, `e` or `crv`, `x`, `y`; empty for a symmetric key. */
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly keyOps: readonly string[];
  readonly attributes: Readonly<StoredAttributes>;
  readonly tags: Readonly<Record<string, string>> | undefined;
}

/** One vault or Managed HSM of the local Azure, from the inside: what a test or the start-up sets up and looks at. */
export interface LocalSource {
  readonly kind: LocalSourceKind;
  readonly name: string;
  readonly url: string;
  /** As Azure Resource Manager has it. */
  readonly resource: GraphResource;
  /** @throws when the name is taken, or is not a key name. */
  addKey(options: AddKeyOptions): void;
  /** Soft-deletes. @throws when there is no such key. */
  deleteKey(name: string): void;
  /** Destroys a key, deleted before or not. @throws when there is no such key. */
  purgeKey(name: string): void;
  /** Active keys, in order of arrival. */
  keyNames(): string[];
  deletedKeyNames(): string[];
  /** Oldest first; empty when there is no such active key. */
  versions(name: string): LocalKeyVersion[];
  setCallsPerSecond(limit: number | undefined): void;
  /** The next deletions show up only after that many reads, as the service deletes in the background. */
  setDeletionLag(reads: number): void;
  /** After each change of a key, so many calls on it that delete, purge, recover, restore or back up meet a 409. */
  setOperationLag(calls: number): void;
}

export function createSourceState(options: LocalSourceOptions, suffix: string, now: () => number): SourceState {
  const name = options.name.toLowerCase();
  const subscriptionId = options.subscriptionId ?? 'escrow-local';
  const realm =
    options.kind === 'vault'
      ? JSON.stringify([subscriptionId, options.geography ?? 'Europe'])
      : (options.securityDomain ?? `security domain of ${name}`);
  return {
    kind: options.kind,
    name,
    host: `${name}.${suffix}`,
    url: `https://${name}.${suffix}`,
    audience: `https://${suffix}`,
    realm,
    subscriptionId,
    isStandard: options.kind === 'vault' && options.sku === 'standard',
    keys: new Map(),
    deleted: new Map(),
    limiter: createRateLimiter(now, options.callsPerSecond),
    now,
    deletionLag: 0,
    operationLag: 0,
    busy: new Map(),
    nextSequence: 0,
    listed: undefined,
  };
}

export function localSource(state: SourceState, given: LocalSourceOptions['resource'] = {}): LocalSource {
  const existing = (name: string) => {
    const key = state.keys.get(name.toLowerCase());
    if (key === undefined) throw new Error(`No key "${name}" in ${state.host}.`);
    return key;
  };
  return {
    kind: state.kind,
    name: state.name,
    url: state.url,
    resource: resourceOf(state, given),
    addKey: (options) => addKey(state, options),
    deleteKey: (name) => {
      softDelete(state, existing(name));
    },
    purgeKey(name) {
      if (state.deleted.delete(name.toLowerCase())) return;
      softDelete(state, existing(name));
      state.deleted.delete(name.toLowerCase());
    },
    keyNames: () => [...state.keys.values()].map((key) => key.name),
    deletedKeyNames: () => [...state.deleted.values()].map(({ key }) => key.name),
    versions: (name) => localVersions(state, state.keys.get(name.toLowerCase())),
    setCallsPerSecond: (limit) => {
      state.limiter = createRateLimiter(state.now, limit);
    },
    setDeletionLag: (reads) => {
      state.deletionLag = reads;
    },
    setOperationLag: (calls) => {
      state.operationLag = calls;
      if (calls === 0) state.busy.clear();
    },
  };
}

function resourceOf(state: SourceState, given: NonNullable<LocalSourceOptions['resource']>): GraphResource {
  const { name, subscriptionId } = state;
  const { resourceGroup = `rg-${name}`, location = 'westeurope', properties = {} } = given;
  const isVault = state.kind === 'vault';
  const type = isVault ? 'microsoft.keyvault/vaults' : 'microsoft.keyvault/managedhsms';
  const path = isVault ? 'Microsoft.KeyVault/vaults' : 'Microsoft.KeyVault/managedHSMs';
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${path}/${name}`;
  const open = { publicNetworkAccess: 'Enabled', ...(isVault ? { enableRbacAuthorization: true } : {}) };
  return { id, name, type, location, resourceGroup, subscriptionId, properties: { ...open, ...properties } };
}

function addKey(state: SourceState, options: AddKeyOptions): void {
  const lowered = options.name.toLowerCase();
  if (!/^[0-9a-z-]{1,127}$/.test(lowered)) throw new Error(`"${options.name}" is not a key name.`);
  if (state.keys.has(lowered) || state.deleted.has(lowered)) {
    throw new Error(`Key "${options.name}" exists in ${state.host}, active or deleted.`);
  }
  const key: StoredKey = { name: options.name, managed: options.managed ?? false, versions: [], sequence: 0 };
  const at = seconds(state);
  for (let count = options.versions ?? 1; count > 0; count -= 1) {
    addVersion(key.versions, {
      kty: options.kty ?? (state.kind === 'vault' ? 'EC' : 'EC-HSM'),
      keySize: options.keySize,
      curve: options.curve,
      tags: options.tags,
      attributes: {
        enabled: options.enabled ?? true,
        ...(options.notBefore === undefined ? {} : { nbf: toSeconds(options.notBefore) }),
        ...(options.expiresOn === undefined ? {} : { exp: toSeconds(options.expiresOn) }),
        created: at,
        updated: at,
        exportable: options.exportable ?? false,
      },
    });
  }
  putKey(state, key);
}

function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function localVersions(state: SourceState, key: StoredKey | undefined): LocalKeyVersion[] {
  if (key === undefined) return [];
  return key.versions.map((version) => ({
    id: version.id,
    kid: keyIdentifier(state, key.name, version.id),
    kty: version.kty,
    publicJwk: publicPart(version.kty, version.material.read()),
    keyOps: version.keyOps,
    attributes: { ...version.attributes },
    tags: version.tags,
  }));
}
