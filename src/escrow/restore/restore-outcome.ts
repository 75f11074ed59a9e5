import type { Failure } from '../model/failure.ts';
import type { Comparison, Verdict } from './comparison.ts';
import type { LeftKey } from './restored-key.ts';

/** A key that is there, and how far its identity is proven. */
interface ComparedKey extends Comparison {
  /** Key identifier without version. */
  readonly id: string;
  /** False: as long as its newest version is disabled, nobody can use it. A backup keeps that. */
  readonly enabled: boolean;
  readonly verdict: Exclude<Verdict, 'stranger'>;
}

/** What became of one record that was to be brought back. */
export type RestoreOutcome = { readonly key: string; readonly blobName: string } & (
  | ({ readonly outcome: 'restored' | 'alreadyThere' | 'recovered' } & ComparedKey)
  /** The wrong key. `left`: where it is now; absent: nothing of it is anywhere. */
  | ({ readonly outcome: 'stranger'; readonly left?: LeftKey } & Failure)
  | ({ readonly outcome: 'failed'; readonly left?: LeftKey } & Failure)
);
