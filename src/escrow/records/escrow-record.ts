import type { RunId } from '../model/run-id.ts';
import { parseRunTime, timeMargin } from '../model/run-id.ts';
import type { RestorePlace, SourceId } from '../model/source.ts';
import type { SourceKey } from '../model/source-key.ts';
import type { Trigger } from '../ports/escrow-events.ts';
import type { BackupFormat } from './backup-envelope.ts';

export const recordContentType = 'application/octet-stream';

/** What a record says about itself beside the bytes; the SHA-256 is added where it is written. */
export interface RecordDescription {
  readonly key: SourceKey;
  readonly runId: RunId;
  /** By the vault's own clock; undefined where it did not say. */
  readonly backedUpAt: Date | undefined;
  readonly trigger: Trigger;
  readonly format: BackupFormat;
  readonly place: RestorePlace;
}

/** A backup that another tool made: who imports it says which key it is and when it was made. */
export interface ImportDescription {
  readonly keyId: string;
  readonly runId: RunId;
  readonly takenAt: Date;
  readonly format: BackupFormat;
  readonly place: RestorePlace;
}

/** The same for an import: what nobody knows of the key is left out. */
export function importMetadata({ keyId, runId, takenAt, format, place }: ImportDescription): Record<string, string> {
  return {
    keyid: keyId,
    runid: runId,
    backedupat: takenAt.toISOString(),
    trigger: 'import',
    format,
    ...placeMetadata(place),
  };
}

/** Blob metadata: lower-case names, because not every storage call keeps their case. */
export function recordMetadata(record: RecordDescription): Record<string, string> {
  const { key, place } = record;
  return {
    keyid: key.id,
    runid: record.runId,
    ...(record.backedUpAt && { backedupat: record.backedUpAt.toISOString() }),
    trigger: record.trigger,
    format: record.format,
    enabled: String(key.enabled),
    ...(key.updatedAt && { keyupdatedat: key.updatedAt.toISOString() }),
    ...placeMetadata(place),
  };
}

function placeMetadata({ subscriptionId, geography, securityDomain }: RestorePlace): Record<string, string> {
  return {
    ...(subscriptionId && { subscriptionid: subscriptionId }),
    ...(geography && { geography }),
    ...(securityDomain && { securitydomain: securityDomain }),
  };
}

/** The inverse, for what restore and reports need of it. */
export function restorePlaceOf(metadata: Readonly<Record<string, string>>): RestorePlace {
  const { subscriptionid, geography, securitydomain } = metadata;
  return {
    ...(subscriptionid && { subscriptionId: subscriptionid }),
    ...(geography && { geography }),
    ...(securitydomain && { securityDomain: securitydomain }),
  };
}

/** Whether the metadata of a record name this key, in whatever cloud. */
export function isOfKey(metadata: Readonly<Record<string, string>>, source: SourceId, keyName: string): boolean {
  const [, host, name] = /^https:\/\/([^./]+)\.[^/]+\/keys\/([^/]+)$/i.exec(metadata.keyid ?? '') ?? [];
  return host?.toLowerCase() === source.name && name?.toLowerCase() === keyName.toLowerCase();
}

/**
 * Whether a blob was there before a run of this id could begin: somebody has forged it, so that the run take it for its own
 * and leave its key without a backup. @param createdAt the storage service's time, which nobody can choose.
 */
export function precedesRun(createdAt: Date, runId: string): boolean {
  const runTime = parseRunTime(runId);
  return runTime !== undefined && createdAt.getTime() < runTime.getTime() - timeMargin;
}
