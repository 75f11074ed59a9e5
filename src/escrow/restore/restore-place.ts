import { capitalised } from '../model/finding.ts';
import {
  describeSource,
  differingLabels,
  type EscrowSource,
  isSameSource,
  kindNouns,
  type RestorePlace,
  type SourceId,
} from '../model/source.ts';
import type { StoredRecord } from '../records/stored-record.ts';

/** Somewhere that a backup is to be restored to, and what is known of where that lies. */
export interface RestoreTarget {
  readonly source: SourceId;
  readonly place: RestorePlace;
}

/** Whether a backup can be restored somewhere, as far as the labels show. */
export interface PlaceVerdict {
  /** `elsewhere`: the service will refuse. `unknown`: a label is missing on either side. */
  readonly fits: 'yes' | 'unknown' | 'elsewhere' | 'otherKind';
  /** Where it can be restored, and how the target compares: whole sentences. */
  readonly explanation: string;
}

/**
 * Compares the place that a record carries with the target's. The rule is the service's: a vault in the same subscription and
 * geography, a Managed HSM with the same security domain.
 * https://learn.microsoft.com/azure/key-vault/general/backup#limitations
 */
export function judgePlace(record: Pick<StoredRecord, 'source' | 'place'>, target: RestoreTarget): PlaceVerdict {
  const where = describeRestorePlace(record);
  if (record.source.kind !== target.source.kind) {
    return {
      fits: 'otherKind',
      explanation: `A backup of a ${kindNouns[record.source.kind]} cannot be restored to a ${kindNouns[target.source.kind]}. ${where}`,
    };
  }
  const labels: (keyof RestorePlace)[] =
    record.source.kind === 'vault' ? ['subscriptionId', 'geography'] : ['securityDomain'];
  const differing = differingLabels(record.place, target.place).filter((label) => labels.includes(label));
  if (differing.length > 0) {
    const found = differing.map((label) => `${words[label]} ${target.place[label]}`).join(', ');
    return {
      fits: 'elsewhere',
      explanation: `${capitalised(describeSource(target.source))} lies elsewhere (${found}). ${where}`,
    };
  }
  if (labels.every((label) => record.place[label] !== undefined && target.place[label] !== undefined)) {
    return { fits: 'yes', explanation: where };
  }
  return {
    fits: 'unknown',
    explanation: `${where} The location of ${describeSource(target.source)} is unknown; elsewhere the service refuses, and nothing happens.`,
  };
}

/**
 * A record with the place that the settings give its source. What it says itself counts only where they say nothing: whoever may
 * write records could keep a key from every restore and drill.
 */
export function inConfiguredPlace(record: StoredRecord, sources: readonly EscrowSource[]): StoredRecord {
  const configured = sources.find((source) => isSameSource(source, record.source));
  return configured === undefined ? record : { ...record, place: { ...record.place, ...configured.place } };
}

/** What to know of a record that itself says another place than the settings. @param said as it says; @param placed in theirs. */
export function describeOtherPlace(said: StoredRecord, placed: StoredRecord): string[] {
  const others = differingLabels(said.place, placed.place);
  if (others.length === 0) return [];
  const claims = others.map((label) => `${words[label]} ${said.place[label]}`).join(', ');
  return [
    `The record "${said.blobName}" says another place than the settings (${claims}): if its source has moved, the service refuses; if not, find out who wrote it.`,
  ];
}

/** `It can be restored to a vault in subscription … and geography ….` */
export function describeRestorePlace({ source, place }: Pick<StoredRecord, 'source' | 'place'>): string {
  const { subscriptionId, geography, securityDomain } = place;
  if (source.kind === 'managedHsm') {
    const domain = securityDomain ? `security domain ${securityDomain}` : `the security domain of "${source.name}"`;
    return `It can be restored to a Managed HSM with ${domain}.`;
  }
  const subscription = subscriptionId ? `subscription ${subscriptionId}` : `the subscription of "${source.name}"`;
  return `It can be restored to a vault in ${subscription} and ${geography ? `geography ${geography}` : 'its geography'}.`;
}

const words: Record<keyof RestorePlace, string> = {
  subscriptionId: 'subscription',
  geography: 'geography',
  securityDomain: 'security domain',
};
