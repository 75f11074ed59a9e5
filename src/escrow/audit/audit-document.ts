import type { Failure } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import type { RestorePlace, SourceKind } from '../model/source.ts';
import type { RunStatus, Trigger } from '../ports/escrow-events.ts';
import type { SeenCanary } from '../write-once/canary-check.ts';
import type { CoverageStatus } from './coverage-status.ts';
import type { WitnessedVersions } from './witness.ts';

export const auditFormat = 'keyvault-escrow/audit/1';

/**
 * One audit, as it lies in `audits/<time>.json`. Its page says the same and nothing more. Times are ISO instants, UTC; times
 * of records and runs are the storage service's own.
 */
export interface Audit {
  readonly format: typeof auditFormat;
  readonly auditId: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly container: string;
  /** `gaps`: a finding of severity `gap` is among the findings. */
  readonly status: 'ok' | 'gaps';
  readonly asked: {
    readonly schedule: string;
    readonly auditSchedule?: string;
    readonly maxAgeHours: number;
    readonly maxDrillAgeDays?: number;
  };
  readonly totals: AuditTotals;
  readonly findings: readonly Finding[];
  readonly sources: readonly AuditedSource[];
  /** The first day of every key's `days`; the last is the day of the audit. */
  readonly calendar: { readonly from: string; readonly days: number };
  /** Absent until a night has put it. */
  readonly writeOnce?: SeenCanary;
  /** The newest successful restore drill; absent: none on record. */
  readonly drill?: { readonly receipt: string; readonly finishedAt: string; readonly keys: number };
  readonly chain: ChainLink;
}

/** `keys`: those that should be escrowed. `restorable`: those of them with a record that is there and whole, of any age. */
export interface AuditTotals {
  readonly keys: number;
  readonly restorable: number;
  /** Creation time of the oldest among the newest records of restorable keys: "as of". */
  readonly asOf?: string;
  readonly byStatus: Readonly<Record<CoverageStatus, number>>;
}

/** The link of one audit to the one before. Digests are SHA-256 of content, hex. */
export interface ChainLink {
  /** The newest audit that could be read and was as written. */
  readonly previous?: EvidenceDigest;
  /**
   * All that has come since: run reports, drill receipts, lost requests, the page of the audit before, and any audit beside
   * it. Without new reports, receipts and requests those that the audit before listed stand here once more, so that every
   * audit rereads the newest of them.
   */
  readonly evidence: readonly EvidenceDigest[];
}

export interface EvidenceDigest {
  readonly name: string;
  readonly sha256: string;
}

export interface AuditedSource {
  /** `vaults/<name>` or `managed-hsms/<name>`. */
  readonly source: string;
  readonly sourceKind: SourceKind;
  readonly sourceName: string;
  readonly place: RestorePlace;
  /** How many keys it listed; absent when it could not be read, which `unreadable` explains. */
  readonly listed?: number;
  readonly unreadable?: Failure;
  /** Newest first. */
  readonly runs: readonly AuditedRun[];
  /** In order of their names. */
  readonly keys: readonly AuditedKey[];
}

export interface AuditedRun {
  readonly runId: string;
  readonly startedAt: string;
  /** `unfinished`: it began and no report of it is there. */
  readonly status: RunStatus | 'unfinished';
  readonly trigger?: Trigger;
  readonly finishedAt?: string;
  readonly durationMs?: number;
  readonly considered?: number;
  readonly escrowed?: number;
  readonly skipped?: number;
  readonly failed?: number;
  /** 429 answers. */
  readonly throttled?: number;
  /** How many attempts left a report. */
  readonly attempts?: number;
}

export interface AuditedKey {
  readonly key: string;
  /** Key identifier without version; absent where the source never showed it. */
  readonly id?: string;
  readonly status: CoverageStatus;
  readonly enabled?: boolean;
  readonly updatedAt?: string;
  readonly firstSeenAt: string;
  readonly record?: AuditedRecord;
  /** Absent until its turn has come: a thirtieth of the keys is counted each day. */
  readonly versions?: WitnessedVersions;
  /** The end of the newest drill that proved this key. */
  readonly drilledAt?: string;
  /** Run-length marks, one a day, of the calendar's days. */
  readonly days: string;
}

export interface AuditedRecord {
  readonly blobName: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly createdAt: string;
  readonly runId?: string;
  /** Where the record says it can be restored, when that is not what its source says now. */
  readonly place?: RestorePlace;
}
