import type { EscrowStore } from '../ports/escrow-store.ts';
import type { StoredAudit } from '../records/stored-audits.ts';

export interface CoverageContext {
  readonly store: EscrowStore;
  readonly now: Date;
  readonly maxAgeHours: number;
  /** The latest audit: what is remembered of keys and records. */
  readonly previous: StoredAudit | undefined;
  /** Keys that were not examined by then are reported as not looked at. */
  readonly deadline: AbortSignal;
}

const hourMs = 60 * 60 * 1000;

export function freshSinceOf({ now, maxAgeHours }: Pick<CoverageContext, 'now' | 'maxAgeHours'>): Date {
  return new Date(now.getTime() - maxAgeHours * hourMs);
}
