import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { UsageFault } from '../../app/usage-fault.ts';
import type { Io } from './io.ts';
import { say } from './print.ts';

/**
 * Asks a person before something changes. `yes` answers for them.
 * @throws UsageFault when nobody is there to answer.
 */
export async function confirm(io: Io, question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  if (!io.isTTY.stdin) {
    throw new UsageFault(
      'there is nobody to answer the question',
      'Add --yes, or --what-if to only see what would happen.',
    );
  }
  const reader = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  try {
    // The end of the input (Ctrl-D) settles no question: without the race the process would end there, with exit code 0.
    const hasEnded = 'readableEnded' in io.stdin && io.stdin.readableEnded === true;
    const ended = hasEnded ? '' : once(reader, 'close').then(() => '');
    const answer = await Promise.race([reader.question(`${question} [y/N] `, { signal: io.signal }), ended]);
    const agreed = /^y(es)?$/i.test(answer.trim());
    if (!agreed) say(io, 'Nothing was done.');
    return agreed;
  } finally {
    reader.close();
  }
}
