import { constants } from 'node:os';

/** Ctrl-C, what a supervisor or a pipeline sends, and the end of the terminal or its connection: all mean the same. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// Where npm's shell is bash, one Ctrl-C arrives twice within a millisecond: from the terminal, and handed on by npm.
const sameStrokeMs = 500;

export type Interruption = ReturnType<typeof listenForInterruption>;

/** Listens to the signals of this process, and to its output: the second signal ends it at once. */
export function listenForInterruption() {
  const interrupt = new AbortController();
  const held = new Set<() => string>();
  let firstAt: number | undefined;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  for (const name of signals) {
    process.on(name, () => {
      if (firstAt !== undefined) {
        if (performance.now() - firstAt < sameStrokeMs) return;
        for (const whatIsLeft of held) say(whatIsLeft());
        process.exit(128 + constants.signals[name]);
      }
      firstAt = performance.now();
      say('\nEnding what is under way; Ctrl-C again stops at once.');
      interrupt.abort();
    });
  }
  // A reader that has seen enough (head) is no failure; a terminal that is gone takes nothing more.
  const isGone = ({ code }: NodeJS.ErrnoException): boolean => code === 'EPIPE' || code === 'EIO';
  process.stdout.on('error', (error) => {
    if (!isGone(error)) throw error;
    if (held.size === 0) process.exit(0);
    interrupt.abort();
  });
  process.stderr.on('error', (error) => {
    if (!isGone(error)) throw error;
  });
  return {
    /** Aborts at the first signal: nothing new starts, what is under way ends, and the command says what was done. */
    signal: interrupt.signal,
    /**
     * Keys stand somewhere, one at a time, that the command still has to take away. Until it is let go, a reader that has gone does
     * not end the process; and a second signal, which ends it at once, prints what is left.
     */
    holdOpen(describeLeft: (keyName: string) => string) {
      let left: string | undefined;
      const whatIsLeft = (): string => (left === undefined ? '' : describeLeft(left));
      held.add(whatIsLeft);
      return {
        /** Notes the key that may be there now; undefined: none. */
        standing: (keyName: string | undefined): void => {
          left = keyName;
        },
        [Symbol.dispose]: () => void held.delete(whatIsLeft),
      };
    },
  };
}
