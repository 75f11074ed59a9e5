import { digits } from '../../escrow/model/count.ts';
import { showDuration } from './figures.ts';
import type { Io } from './io.ts';

const redrawMs = 100;
const linesEvery = 1000;
const barWidth = 24;
/** Before that a rate says nothing. */
const rateAfterMs = 2000;
const clearLine = '\r\u001b[2K';

interface Counted {
  readonly noun: string;
  /** What was done to it: `found`. */
  readonly verb?: string;
  /** How many there are; unknown: it counts without a bar. */
  readonly expected?: number;
}

interface Progress {
  step(): void;
  /** There is more to do than was known. @param isComplete no more will come */
  expect(total: number, isComplete: boolean): void;
}

/**
 * Shows how far work has come: a bar on a terminal, with the rate and the time left, that is gone when the work ends; elsewhere a
 * plain line every 1,000 steps, so that short work stays quiet.
 */
export async function withProgress<T>(
  io: Io,
  { noun, verb = '', expected }: Counted,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  let total = expected;
  let isAll = expected !== undefined;
  let done = 0;
  let drawnAt: number | undefined;
  // A dumb terminal cannot go back to the beginning of a line.
  const isDrawable = io.isTTY.stderr && io.env.TERM !== 'dumb';
  const text = (): string => {
    const of = total === undefined ? '' : ` of ${digits(total)}${isAll ? '' : '+'}`;
    const nouns = (total ?? done) === 1 ? noun : `${noun}s`;
    return `${digits(done)}${of} ${`${nouns} ${verb}`.trimEnd()}${paceText()}`;
  };
  const paceText = (): string => {
    const elapsed = performance.now() - startedAt;
    if (elapsed < rateAfterMs) return '';
    const perSecond = done / (elapsed / 1000);
    const rate = perSecond < 10 ? perSecond.toFixed(1) : digits(Math.round(perSecond));
    const left = total === undefined || !isAll ? '' : `, ${showDuration((1000 * (total - done)) / perSecond)} left`;
    return `, ${rate} a second${left}`;
  };
  const draw = (): void => {
    const now = performance.now();
    if (drawnAt !== undefined && now - drawnAt < redrawMs && done !== total) return;
    drawnAt = now;
    const line = `${total === undefined ? '' : `${bar(done / Math.max(total, 1))} `}${text()}`;
    // A line that wraps could not be taken away again.
    io.stderr.write(`${clearLine}${line.slice(0, io.columns - 1)}`);
  };
  const step = (): void => {
    done++;
    if (isDrawable) draw();
    else if (done % linesEvery === 0) io.stderr.write(`${text()}\n`);
  };
  const expect = (amount: number, isComplete: boolean): void => {
    total = amount;
    isAll = isComplete;
  };
  try {
    return await work({ step, expect });
  } finally {
    if (drawnAt !== undefined) io.stderr.write(clearLine);
  }
}

function bar(share: number): string {
  const full = Math.min(barWidth, Math.floor(share * barWidth));
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
}
