import * as z from 'zod/mini';

/** The two kinds of key source that Azure has; their backups differ in envelope and in where they can be restored. */
export type SourceKind = 'vault' | 'managedHsm';

/** What a source of each kind is called. */
export const kindNouns: Readonly<Record<SourceKind, string>> = { vault: 'vault', managedHsm: 'Managed HSM' };

/** A source by name alone. `name` is lower-case: the services' host names are case-insensitive. */
export interface SourceId {
  readonly kind: SourceKind;
  readonly name: string;
}

/**
 * Where a source's backups can be restored: a vault in the same subscription and geography, a Managed HSM with the same
 * security domain. Free labels, copied to every record, because nobody else knows them once the source is gone.
 */
export type RestorePlace = Readonly<z.infer<typeof placeSchema>>;

const label = z.exactOptional(z.string());
export const placeSchema = z.object({ subscriptionId: label, geography: label, securityDomain: label });
export const placeLabels = z.keyof(placeSchema).options;

/** The labels that two places both have and that differ. Case never tells: subscription ids and geographies have none in Azure. */
export function differingLabels(one: RestorePlace, other: RestorePlace): (keyof RestorePlace)[] {
  return placeLabels.filter((label) => {
    const [a, b] = [one[label], other[label]];
    return a !== undefined && b !== undefined && a.toLowerCase() !== b.toLowerCase();
  });
}

/** A source by name, with a pace for all that this process does there. */
export interface PacedSource extends SourceId {
  /** The ceiling of calls per second. */
  readonly maxBackupsPerSecond: number;
}

/** One configured vault or Managed HSM, and which of its keys are to be escrowed. */
export interface EscrowSource extends PacedSource {
  /** Wildcard patterns of key names; a literal name here must exist. */
  readonly keys: readonly string[];
  readonly except: readonly string[];
  /** No longer escrowed, kept on record, no alarm. */
  readonly retired: readonly string[];
  readonly allowEmpty: boolean;
  readonly place: RestorePlace;
}

/** Calls under way at once. A Managed HSM instance serves backups one tenth as fast as a vault's smallest limit. */
export function callsAtOnce(kind: SourceKind): number {
  return kind === 'vault' ? 16 : 4;
}

/** Well under the smallest of the service's limits, because production shares them. */
export function defaultBackupsPerSecond(kind: SourceKind): number {
  return kind === 'vault' ? 10 : 5;
}

export function isSameSource(left: SourceId, right: SourceId): boolean {
  return left.kind === right.kind && left.name === right.name;
}

/** As a person reads it: `vault "contoso-prod"`, `Managed HSM "contoso-hsm"`. */
export function describeSource(source: SourceId): string {
  return `${kindNouns[source.kind]} "${source.name}"`;
}

/** `--vault-name contoso-prod`, as this program and `az keyvault` take it. @param prefix of the option's name: `to-`. */
export function sourceOption({ kind, name }: SourceId, prefix = ''): string {
  return `--${prefix}${kind === 'vault' ? 'vault' : 'hsm'}-name ${name}`;
}

/** `key "signing" of vault "contoso-prod"`. */
export function describeKey({ source, keyName }: { readonly source: SourceId; readonly keyName: string }): string {
  return `key "${keyName}" of ${describeSource(source)}`;
}

const folders: Record<SourceKind, string> = { vault: 'vaults', managedHsm: 'managed-hsms' };

/** Key Vault's own rule for key names: 1–127 letters, digits and dashes. */
export const keyNamePattern = /^[0-9a-zA-Z-]{1,127}$/;
/** Vault and Managed HSM names: 3–24 letters, digits and single dashes, a letter first, no dash last. */
export const sourceNamePattern = /^(?=.{3,24}$)[a-zA-Z](?:-?[0-9a-zA-Z])*$/;

/** The folders that hold the records of every vault and of every Managed HSM. */
export const sourceFolders: readonly string[] = Object.values(folders).map((folder) => `${folder}/`);

/** `vaults/contoso-prod`, `managed-hsms/contoso-hsm`: a source in names, reports and log lines. */
export function sourcePath(source: SourceId): string {
  return `${folders[source.kind]}/${source.name}`;
}

export function parseSourcePath(path: string): SourceId | undefined {
  const [folder, name, ...rest] = path.split('/');
  const kind = kindOfFolder(folder);
  return kind === undefined || name === undefined || rest.length > 0 || !sourceNamePattern.test(name)
    ? undefined
    : { kind, name: name.toLowerCase() };
}

function kindOfFolder(folder: string | undefined): SourceKind | undefined {
  if (folder === folders.vault) return 'vault';
  return folder === folders.managedHsm ? 'managedHsm' : undefined;
}

/** A source in the cmdlet's words, as settings, messages, options and JSON have it: one of the two. */
export interface SourceNames {
  readonly vaultName?: string | undefined;
  readonly hsmName?: string | undefined;
}

/** @returns undefined when neither is given. Names are case-insensitive, as hosts are. */
export function sourceOfNames({ vaultName, hsmName }: SourceNames): SourceId | undefined {
  if (vaultName !== undefined) return { kind: 'vault', name: vaultName.toLowerCase() };
  return hsmName === undefined ? undefined : { kind: 'managedHsm', name: hsmName.toLowerCase() };
}

/** The inverse. */
export function namesOfSource({ kind, name }: SourceId): { readonly vaultName: string } | { readonly hsmName: string } {
  return kind === 'vault' ? { vaultName: name } : { hsmName: name };
}
