import type { SourceKey } from '../../escrow/model/source-key.ts';
import type { KeySource } from '../../escrow/ports/key-source.ts';

/**
 * The same source, whose listing begins at once and goes on by itself, whatever pace its keys are taken at: so no backup waits for
 * its beginning, and the number of keys is known early.
 * @param deadline of the listing, which then ends as one that ran out of time.
 * @param listed is called with the number of keys so far, and whether these are all.
 */
export function readAhead(
  keys: KeySource,
  deadline: AbortSignal,
  listed: (total: number, isComplete: boolean) => void,
): KeySource {
  const waiting: SourceKey[] = [];
  let wake = (): void => undefined;
  let total = 0;
  let end: { readonly error?: unknown } | undefined;
  void (async () => {
    try {
      for await (const key of keys.listKeys(deadline)) {
        waiting.push(key);
        listed(++total, false);
        wake();
      }
      listed(total, true);
      end = {};
    } catch (error) {
      end = { error };
    }
    wake();
  })();
  return {
    ...keys,
    async *listKeys() {
      for (;;) {
        const key = waiting.shift();
        if (key !== undefined) yield key;
        else if (end === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else if ('error' in end) throw end.error;
        else return;
      }
    },
  };
}
