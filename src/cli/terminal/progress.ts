import type { Io } from './io.ts';

/** How far a long piece of work has come. */
export interface Progress {
  step(amount?: number): void;
  /** Takes the bar away, so that what is said next stands alone. */
  end(): void;
}

const redrawMs = 100;
const linesEvery = 1000;
const barWidth = 24;

/**
 * A bar on a terminal; elsewhere a plain line every 1,000 steps, so that short work stays quiet.
 * @param total unknown: it counts without a bar.
 */
export function showProgress(io: Io, what: string, total?: number): Progress {
  let done = 0;
  let drawnAt = 0;
  let isDrawn = false;
  // A dumb terminal cannot go back to the beginning of a line.
  const isDrawable = io.isTTY.stderr && io.env.TERM !== 'dumb';
  const text = (): string =>
    `${done.toLocaleString('en-US')}${total === undefined ? '' : ` of ${total.toLocaleString('en-US')}`} ${what}`;
  const draw = (): void => {
    const now = performance.now();
    if (now - drawnAt < redrawMs && done !== total) return;
    drawnAt = now;
    isDrawn = true;
    io.stderr.write(`\r\u001b[2K${total === undefined ? '' : `${bar(done / Math.max(total, 1))} `}${text()}`);
  };
  return {
    step(amount = 1) {
      done += amount;
      if (isDrawable) draw();
      else if (done % linesEvery < amount) io.stderr.write(`${text()}\n`);
    },
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
