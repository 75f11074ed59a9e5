import { expect } from 'vitest';

type Said = readonly (string | RegExp)[];

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void>, T> {
    /** That a command ended with the code, and each of these is on its standard error. */
    toEnd(this: Matchers<R, T>, code: number, ...said: Said): R;
    /** That a command ended with the code, and each of these is on its standard output. */
    toPrint(this: Matchers<R, T>, code: number, ...printed: Said): R;
  }
}

/** A command that ended, in this process or, with a status, in one of its own. */
interface Ended {
  readonly code?: number;
  readonly status?: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

expect.extend({
  toEnd: (run: Ended, code: number, ...said: Said) => endOf(run, run.stderr, code, said),
  toPrint: (run: Ended, code: number, ...printed: Said) => endOf(run, run.stdout, code, printed),
});

function endOf({ code, status, stdout, stderr }: Ended, text: string, expected: number, said: Said) {
  const missing = said.filter((one) => (typeof one === 'string' ? !text.includes(one) : !one.test(text)));
  const ended = code ?? status;
  return {
    pass: ended === expected && missing.length === 0,
    message: () =>
      `It ended with ${ended}, not with ${expected}, or lacks ${missing.join(' and ')}:\n${stdout}\n${stderr}`,
  };
}
