import type { KeyCoverage } from '../coverage/coverage.ts';
import type { CoverageContext } from '../coverage/coverage-context.ts';
import type { WitnessCandidate } from '../coverage/witness.ts';
import type { Finding } from '../model/finding.ts';
import type { EscrowSource } from '../model/source.ts';
import type { KeySource } from '../ports/key-source.ts';
import type { AuditedKeys, AuditedSource } from '../records/audit-document.ts';
import type { SourceHistory } from '../run/run-history.ts';
import type { CheckedKey } from './checks/source-checks.ts';
import type { DrillHistory } from './inputs/drill-history.ts';

export interface SourceToAudit {
  readonly source: EscrowSource;
  readonly keys: KeySource;
  readonly history: SourceHistory;
  /** Requests that its witnesses may cost today. */
  readonly witnessRequests: number;
}

export interface SourceAuditContext extends CoverageContext {
  readonly schedule: string;
  readonly drills: DrillHistory;
}

export interface SourceAudit {
  readonly audited: AuditedSource;
  readonly keys: AuditedKeys;
  readonly findings: readonly Finding[];
}

/** A key between its coverage and its witnesses. */
export interface KeyDraft {
  /** Of the key as audited so far, among the packed keys of its source. */
  readonly place: number;
  /** When its versions were last listed. */
  readonly versions: WitnessCandidate['known'];
  readonly checked: CheckedKey;
  readonly listed: KeyCoverage['listed'];
  /** Of its oldest record, as far as its folder was listed. */
  readonly firstRecordAt: Date | undefined;
  readonly wasGone: boolean;
}
