import { Cron } from 'croner';

/** An NCRONTAB expression in UTC: six fields, seconds first, all of which have to match. */
export interface Schedule {
  /** The first occurrence after the instant. */
  next(after: Date): Date;
  /** The last occurrence before the instant. */
  previous(before: Date): Date;
  /** Whether the occurrence is one of the schedule. */
  includes(instant: Date): boolean;
  /** Some occurrences are less than a minute apart: the real host then keeps no status. */
  readonly isFasterThanMinutes: boolean;
}

/** @throws in the words of the real host. */
export function parseSchedule(expression: string): Schedule {
  let cron: Cron;
  try {
    cron = new Cron(expression, {
      timezone: 'UTC',
      mode: '6-part',
      domAndDow: true,
      sloppyRanges: true,
      paused: true,
    });
  } catch (error) {
    throw new Error(
      `The schedule expression '${expression}' was not recognized as a valid cron expression or timespan string.`,
      { cause: error },
    );
  }
  const next = (after: Date): Date => {
    const found = cron.nextRun(after);
    if (found === null) throw new Error(`The schedule '${expression}' has no occurrence after ${after.toISOString()}.`);
    return found;
  };
  const sample = cron.nextRuns(6, new Date());
  return {
    next,
    previous(before) {
      const [found] = cron.previousRuns(1, before);
      if (found === undefined) {
        throw new Error(`The schedule '${expression}' has no occurrence before ${before.toISOString()}.`);
      }
      return found;
    },
    includes: (instant) => next(new Date(instant.getTime() - 1)).getTime() === instant.getTime(),
    isFasterThanMinutes: sample.some((at, index) => at.getTime() - (sample[index - 1]?.getTime() ?? 0) < 60_000),
  };
}
