import { type SkipReason, skipMessages } from '../../escrow/model/selection.ts';
import type { Io } from './io.ts';
import { print } from './print.ts';

/** Why a key is skipped, in a word. */
export const skipWords: Readonly<Record<SkipReason, string>> = {
  excluded: 'excluded',
  retired: 'retired',
  certificateBacked: 'certificate-backed',
};

/** What each reason means, once, however many keys have it. */
export async function printSkipReasons(reasons: Iterable<SkipReason>, io: Io): Promise<void> {
  for (const reason of reasons) await print(io, `Skipped: ${skipMessages[reason]}.`);
}
