import { digits } from '../../escrow/model/count.ts';
import { showDuration } from './figures.ts';
import type { Io } from './io.ts';

const redrawMs = 100;
const linesEvery = 1000;
const barWidth = 24;
/** Before that a rate says nothing. */
const rateAfterMs = 2000;

/**
 * A bar on a terminal, with the rate and the time left; elsewhere a plain line every 1,000 steps, so that short work stays quiet.
 * @param verb what was done to what the noun counts: `found`.
 * @param expected unknown: it counts without a bar.
 */
export function showProgress(io: Io, noun: string, verb = '', expected?: number) {
  const startedAt = performance.now();
  let total = expected;
  let isAll = expected !== undefined;
  let done = 0;
  let drawnAt = 0;
  let isDrawn = false;
  // A dumb terminal cannot go back to the beginning of a line.
  const isDrawable = io.isTTY.stderr && io.env.TERM !== 'dumb';
  const text = (): string => {
    const of = total === undefined ? '' : ` of ${digits(total)}${isAll ? '' : '+'}`;
    const nouns = (total ?? done) === 1 ? noun : `${noun}s`;
    return `${digits(done)}${of} ${`${nouns} ${verb}`.trimEnd()}${paceText()}`;
  };
  const paceText = (): string => {
    const elapsed = performance.now() - startedAt;
    if (elapsed < rateAfterMs || done === 0) return '';
    const perSecond = done / (elapsed / 1000);
    const rate = perSecond < 10 ? perSecond.toFixed(1) : digits(Math.round(perSecond));
    const left = total === undefined || !isAll ? '' : `, ${showDuration((1000 * (total - done)) / perSecond)} left`;
    return `, ${rate} a second${left}`;
  };
  const draw = (): void => {
    const now = performance.now();
    if (now - drawnAt < redrawMs && done !== total) return;
    drawnAt = now;
    isDrawn = true;
    const line = `${total === undefined ? '' : `${bar(done / Math.max(total, 1))} `}${text()}`;
    // A line that wraps could not be taken away again.
    io.stderr.write(`\r\u001b[2K${line.slice(0, io.columns - 1)}`);
  };
  return {
    step(amount = 1) {
      done += amount;
      if (isDrawable) draw();
      else if (done % linesEvery < amount) io.stderr.write(`${text()}\n`);
    },
    /** There is more to do than was known. @param isComplete no more will come */
    expect(amount: number, isComplete: boolean) {
      total = amount;
      isAll = isComplete;
    },
    /** Takes the bar away, so that what is said next stands alone. */
    end() {
      if (isDrawn) io.stderr.write('\r\u001b[2K');
      isDrawn = false;
    },
  };
}

function bar(share: number): string {
  const full = Math.min(barWidth, Math.floor(share * barWidth));
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
}
