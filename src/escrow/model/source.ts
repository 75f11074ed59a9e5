import * as z from 'zod/mini';

/** The two kinds of key source that Azure has; their backups differ in envelope and in where they can be restored. */
export type SourceKind = 'vault' | 'managedHsm';

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
  return `${source.kind === 'vault' ? 'vault' : 'Managed HSM'} "${source.name}"`;
}
