import type { SourceKey } from '../../escrow/model/source-key.ts';
import type { KeySource } from '../../escrow/ports/key-source.ts';

/**
 * The same source, whose listing goes on by itself, whatever pace its keys are taken at: so the number of keys is known early.
 * @param listed is called with the number of keys so far, and whether these are all.
 */
export function readAhead(keys: KeySource, listed: (total: number, isComplete: boolean) => void): KeySource {
  return {
    ...keys,
    async *listKeys(deadline) {
      const waiting: SourceKey[] = [];
      let wake = (): void => undefined;
      let total = 0;
      let end: { readonly error?: unknown } | undefined;
      const reading = (async () => {
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
      for (;;) {
        const key = waiting.shift();
        if (key !== undefined) yield key;
        else if (end !== undefined) break;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
      await reading;
      if ('error' in end) throw end.error;
    },
  };
}
