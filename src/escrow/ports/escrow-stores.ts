import type { EscrowStore } from './escrow-store.ts';

/**
 * The three containers of an escrow. Whoever backs up must not be the one who certifies, so each has a writer of its own; all may
 * read all of them.
 */
export interface EscrowStores {
  /** Records, run reports, lost requests: written by the backup identity. */
  readonly store: EscrowStore;
  /** Audits and their pages: written by the audit identity. What lies here is memory, not a claim. */
  readonly audits: EscrowStore;
  /** Drill receipts and journals: written by drill operators, people and pipelines. */
  readonly drills: EscrowStore;
}
