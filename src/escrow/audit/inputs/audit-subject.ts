import type { CoverageContext } from '../../coverage/coverage-context.ts';
import type { EscrowSource } from '../../model/source.ts';
import type { KeySource } from '../../ports/key-source.ts';
import type { SourceHistory } from '../../run/run-history.ts';
import type { DrillHistory } from './drill-history.ts';

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
