import type { TokenCredential } from '@azure/identity';
import type { JsonWebKey, KeyProperties } from '@azure/keyvault-keys';
import { KeyClient } from '@azure/keyvault-keys';
import { EscrowFault } from '../escrow/failure.ts';
import type { SourceSuffixes } from '../escrow/key-id.ts';
import { sourceUrl } from '../escrow/key-id.ts';
import type { KeySource, PublicKey, SourceKey } from '../escrow/key-source.ts';
import type { SourceId } from '../escrow/source.ts';
import type { Clock } from './clock.ts';
import { keyVaultPipeline, listingWithinTime, withinTime } from './key-vault-pipeline.ts';
import { createPacer } from './pacer.ts';
import { toServiceError } from './service-answer.ts';

export interface KeySourceOptions {
  readonly source: SourceId & { readonly maxBackupsPerSecond: number };
  readonly suffixes: SourceSuffixes;
  readonly credential: TokenCredential;
  readonly clock: Clock;
}

/** A vault or a Managed HSM through the SDK. Make one per source and process: its pace is what all callers share. */
export function createKeySource({ source, suffixes, credential, clock }: KeySourceOptions): KeySource {
  const url = sourceUrl(source, suffixes);
  const service = source.kind === 'vault' ? 'Key Vault' : 'Managed HSM';
  const host = new URL(url).hostname;
  const pacer = createPacer(source.maxBackupsPerSecond, clock);
  const client = new KeyClient(url, credential, keyVaultPipeline(host, service, pacer, clock));

  /** Errors that the SDK makes above the pipeline (an answer of an unexpected shape) are told like all others. */
  const asking = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw toServiceError(error, service, host);
    }
  };

  async function* allPages(
    pages: AsyncIterator<KeyProperties[]>,
    outOfTime: AbortSignal,
  ): AsyncGenerator<KeyProperties> {
    const onePage = listingWithinTime(outOfTime);
    for (;;) {
      const page = await asking(() => onePage(() => pages.next()));
      if (page.done) return;
      yield* page.value;
    }
  }

  return {
    source,
    async *listKeys(outOfTime) {
      for await (const properties of allPages(client.listPropertiesOfKeys().byPage(), outOfTime)) {
        yield sourceKeyOf(properties);
      }
    },
    async *listVersions(name, outOfTime) {
      const pages = client.listPropertiesOfKeyVersions(name).byPage();
      for await (const { version, enabled, createdOn, updatedOn } of allPages(pages, outOfTime)) {
        yield { version: version ?? '', enabled: enabled ?? true, createdAt: createdOn, updatedAt: updatedOn };
      }
    },
    async getPublicKey(name, version, outOfTime) {
      const options = version === undefined ? {} : { version };
      const { key } = await asking(() => withinTime(outOfTime, () => client.getKey(name, options)));
      return publicKeyOf(key);
    },
    async getKey(name, outOfTime) {
      const key = await asking(() => withinTime(outOfTime, () => client.getKey(name)));
      return sourceKeyOf(key.properties);
    },
    async backUpKey(name, outOfTime) {
      const backup = await asking(() => withinTime(outOfTime, () => client.backupKey(name)));
      if (backup !== undefined && backup.length > 0) return backup;
      throw new EscrowFault(
        'EmptyBackup',
        'the service answered without a backup',
        'The retry tries again; if it keeps happening, give the vault and time to Azure support.',
      );
    },
    throttled: () => pacer.throttleCount(),
  };
}

function publicKeyOf(jwk: JsonWebKey | undefined): PublicKey {
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url');
  return {
    kty: jwk?.kty ?? 'unknown',
    ...(jwk?.n && { n: text(jwk.n) }),
    ...(jwk?.e && { e: text(jwk.e) }),
    ...(jwk?.crv && { crv: jwk.crv }),
    ...(jwk?.x && { x: text(jwk.x) }),
    ...(jwk?.y && { y: text(jwk.y) }),
  };
}

function sourceKeyOf({ name, id, vaultUrl, enabled, createdOn, updatedOn, managed }: KeyProperties): SourceKey {
  return {
    name,
    id: versionless(id, vaultUrl, name),
    enabled: enabled ?? true,
    createdAt: createdOn,
    updatedAt: updatedOn,
    certificateBacked: managed ?? false,
  };
}

// A single read names a version, a listing does not.
function versionless(id: string | undefined, vaultUrl: string, name: string): string {
  return id?.split('/').slice(0, 5).join('/') ?? `${vaultUrl}/keys/${name}`;
}
