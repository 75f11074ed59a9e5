import * as z from 'zod/mini';
import { coverageStatuses } from '../model/coverage-status.ts';
import { failureSchema } from '../model/failure.ts';
import { findingSchema } from '../model/finding.ts';
import { parseSourcePath, placeSchema } from '../model/source.ts';
import { triggerSchema } from '../ports/escrow-events.ts';
import { protectionSchema } from '../ports/storage-protection.ts';

// One audit, as it lies in `audits/<time>.json`: what an audit saw and found, and what earlier ones saw, which is only added
// to. Times are ISO instants, UTC; those of records and runs are the storage service's own.

export const auditFormat = 'keyvault-escrow/audit/2';

const text = z.string();
const count = z.int().check(z.minimum(0));
const time = z.iso.datetime();
const path = text.check(z.refine((one) => parseSourcePath(one) !== undefined));

/** The newest record of a key, as the store itself showed it. */
const recordSchema = z.object({
  blobName: text,
  bytes: count,
  /** As its writer computed it. */
  sha256: text,
  createdAt: time,
  lastModified: time,
  etag: text,
  /** By the vault's clock, as the writer says; the key's changes are compared with it. */
  backedUpAt: time,
  /** Created more than an hour after it was backed up: copied, imported, or planted. It yields to records that are not. */
  late: z.optional(z.literal(true)),
  /** A late one that no earlier audit knew by its SHA-256. */
  unproven: z.optional(z.literal(true)),
  /** Why its bytes cannot be read now. */
  notReadable: z.optional(z.enum(['archived', 'rehydrating', 'copyPending', 'customerKey'])),
});

/** A key's whole folder as it was listed once: every blob created before a time. */
const folderSchema = z.object({
  listedAt: time,
  before: time,
  blobs: count,
  /** SHA-256, base64url, over name, ETag, creation time, length and MD5 of each. */
  digest: text,
});

/** One version of a key. No service removes a version, and its public key never changes. */
const versionSchema = z.object({
  version: text,
  /** RFC 7638, base64url; absent for a symmetric key. */
  thumbprint: z.optional(text),
  /** By the vault's clock. */
  createdAt: z.optional(time),
  /** Its public key has not been read: refused, or its turn has not come. */
  unread: z.optional(z.literal(true)),
  /** When an audit first missed it. */
  missingSince: z.optional(time),
});

const versionsSchema = z.object({
  /** The last complete listing. */
  listedAt: time,
  /** The key's own `updatedOn` at that time: another one now means that the key has changed since. */
  ofUpdatedAt: z.optional(time),
  /** Everything ever witnessed under this name, oldest first. */
  known: z.array(versionSchema),
});

/** One key. The last that was seen stays when it is gone. */
export const auditedKeySchema = z.object({
  source: path,
  /** In the service's casing where it shows the key. */
  key: text,
  /** Key identifier without version; absent where the source never showed it. */
  id: z.optional(text),
  status: z.enum(coverageStatuses),
  enabled: z.optional(z.boolean()),
  updatedAt: z.optional(time),
  firstSeenAt: time,
  record: z.optional(recordSchema),
  /** Names of records that were altered after an audit saw them: they never count again. */
  altered: z.optional(z.array(text)),
  /** When it changed after its newest record was made. */
  changedAt: z.optional(time),
  folder: z.optional(folderSchema),
  versions: z.optional(versionsSchema),
  /** It is not the key that audits knew: since when, and the newest record of the key that was. */
  lost: z.optional(z.object({ how: z.enum(['replaced', 'rolledBack']), since: time, lastRecord: z.optional(text) })),
  /** The end of the newest drill whose receipt calls it proven. */
  drilledAt: z.optional(time),
  /** Run-length marks, one a day, of the calendar's days; long ones would be blown up where they are drawn. */
  days: text.check(z.maxLength(1000), z.regex(/^(?:[a-z-]\d{1,3})*$/)),
});

const runSchema = z.object({
  runId: text,
  startedAt: time,
  /** `unfinished`: it began and no report of it is there. */
  status: z.enum(['ok', 'incomplete', 'unfinished']),
  trigger: z.optional(triggerSchema),
  finishedAt: z.optional(time),
  durationMs: z.optional(z.number()),
  considered: z.optional(count),
  escrowed: z.optional(count),
  skipped: z.optional(count),
  failed: z.optional(count),
  /** 429 answers. */
  throttled: z.optional(count),
  /** How many attempts left a report. */
  attempts: z.optional(count),
});

const sourceSchema = z.object({
  source: path,
  sourceKind: z.enum(['vault', 'managedHsm']),
  sourceName: text,
  place: placeSchema,
  /** The last complete listing of its keys. */
  listedAt: z.optional(time),
  /** How many keys it listed; absent when it could not be read, which `unreadable` explains. */
  listed: z.optional(count),
  unreadable: z.optional(failureSchema),
  /** Since when the settings name it no longer. What is known of its keys stays. */
  leftOutSince: z.optional(time),
  /** Keys, new or changed, whose versions wait for their turn. */
  versionsWaiting: count,
  /** Newest first. */
  runs: z.array(runSchema),
  /** When a scheduled run was due that never began, newest first. */
  missedRuns: z.optional(z.array(time)),
});

/** What the storage keeps, as its administration says; what the audit may not see is absent, and `notVisible` says why. */
const storageSchema = z.object({
  redundancy: z.optional(text),
  containers: z.array(protectionSchema),
  notVisible: z.optional(text),
});

/** What an earlier audit is known by. */
const predecessorSchema = z.object({ name: text, sha256: text });

export const auditHeadSchema = z.object({
  format: z.literal(auditFormat),
  auditId: text,
  startedAt: time,
  finishedAt: time,
  /** The escrow store that was audited. */
  container: text,
  /** `gaps`: a finding of severity `gap` is among the findings. */
  status: z.enum(['ok', 'gaps']),
  asked: z.object({
    schedule: text,
    auditSchedule: text,
    maxAgeHours: z.number(),
    maxDrillAgeDays: z.optional(z.number()),
    /** Who answers for the escrow, by the settings. */
    owner: z.optional(text),
  }),
  /** Of this product. */
  version: z.optional(text),
  totals: z.object({
    /** Those that require a backup. */
    keys: count,
    /** Of those: with a record that is there, whole and can be read now, of any age. */
    intact: count,
    /** Of those: also restored and compared in a drill. */
    proven: count,
    /** Keys that changed after their newest record was made. */
    changed: count,
    versionsWaiting: count,
    /** Creation time of the oldest among the newest records of intact keys: "as of". */
    asOf: z.optional(time),
    byStatus: z.partialRecord(z.enum(coverageStatuses), count),
  }),
  findings: z.array(findingSchema),
  sources: z.array(sourceSchema),
  /** The first day of every key's `days`; the last is the day of the audit. */
  calendar: z.object({ from: z.iso.date(), days: z.int().check(z.minimum(1), z.maximum(366)) }),
  /** The blob that every nightly run tries to overwrite and to delete, as it was seen. */
  canary: z.optional(z.object({ etag: text, createdAt: time })),
  /** The newest successful restore drill; absent: none on record. */
  drill: z.optional(
    z.object({
      receipt: text,
      finishedAt: time,
      keys: count,
      /** From its first key to its last, restored, compared and taken away, as whoever ran it says. */
      durationMs: z.optional(count),
    }),
  ),
  protection: z.optional(storageSchema),
  previous: z.optional(predecessorSchema),
});

export type AuditHead = z.infer<typeof auditHeadSchema>;
export type AuditedKey = z.infer<typeof auditedKeySchema>;
export type AuditedSource = z.infer<typeof sourceSchema>;
export type AuditedRun = z.infer<typeof runSchema>;
export type AuditedRecord = z.infer<typeof recordSchema>;
export type AuditedFolder = z.infer<typeof folderSchema>;
export type WitnessedVersion = z.infer<typeof versionSchema>;
export type WitnessedVersions = z.infer<typeof versionsSchema>;
export type AuditedProtection = z.infer<typeof storageSchema>;
export type AuditDigest = z.infer<typeof predecessorSchema>;

/** Keys of an audit in their order: an array of them, or packed. */
export interface AuditedKeys extends Iterable<AuditedKey> {
  readonly length: number;
  at(index: number): AuditedKey | undefined;
}

/** A whole audit. `keys` in order of their sources and names. */
export interface Audit extends AuditHead {
  readonly keys: AuditedKeys;
}

/** ISO instant that a record stands for: the storage service's, and of a late one what it says itself. */
export function timeOfRecord({ late, backedUpAt, createdAt }: AuditedRecord): string {
  return late ? backedUpAt : createdAt;
}
