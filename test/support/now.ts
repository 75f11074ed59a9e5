/**
 * How tests say when; `test/clock-rules.test.ts` refuses every other way and names the file and line.
 *
 * - Where the clock is an argument and nothing real meets the date (pure code, a world in memory), take any fixed instant:
 *   `new Date('2026-11-24T02:00:00Z')`.
 * - Where anything real takes part (Azurite stamps blobs, the host fires timers, tokens and certificates expire), say every
 *   instant with the functions below. A fixed date there passes this week and fails in another, or at another hour.
 * - Two steps may lie in two minutes, days or years: ask once, and derive the second instant from the first.
 * - Measure a duration with `performance.now()`, and claim only that something took long enough. How fast it was depends on
 *   the machine; show what was not waited for by what was asked of a service, or by a simulated clock.
 */
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** One for a whole test file, so that a night that begins while it runs changes nothing. */
const fileStartedAt = Date.now();

export function now(): Date {
  return new Date();
}

/** `fromNow(-30 * hour)` is thirty hours ago. */
export function fromNow(ms: number): Date {
  return new Date(Date.now() + ms);
}

/**
 * The latest 02:00 UTC before the file started, an occurrence of the schedule of `escrowSettings`; `nightsBefore` earlier
 * ones.
 */
export function lastNight(nightsBefore = 0): Date {
  const today = Math.floor(fileStartedAt / day) * day + 2 * hour;
  return new Date((today <= fileStartedAt ? today : today - day) - nightsBefore * day);
}

/** A daily schedule that was due a minute before the file started: a run made in it is the run that was due. */
export function dueAMinuteAgo(): string {
  const due = new Date(fileStartedAt - minute);
  return `0 ${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
}
