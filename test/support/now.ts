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

/** One for a whole test file: what it says of last night stays true while it runs. */
const fileStartedAt = Date.now();

export function now(): Date {
  return new Date();
}

/** `fromNow(-30 * hour)` is thirty hours ago. */
export function fromNow(ms: number): Date {
  return new Date(Date.now() + ms);
}

// An escrow that lives at the same hour of its day whenever the tests run: its run was due two to three hours ago, its audit an
// hour later, and the next ones are most of a day away. So nothing falls due, in a test or in a host, while a test looks.
const lastRunDueAt = Math.floor(fileStartedAt / hour) * hour - 2 * hour;

/** Daily, as `escrowSettings` has them. */
export const runSchedule = dailyAt(lastRunDueAt);
export const auditSchedule = dailyAt(lastRunDueAt + hour);

/** When the run was due last; `nightsBefore` earlier ones. */
export function lastNight(nightsBefore = 0): Date {
  return new Date(lastRunDueAt - nightsBefore * day);
}

function dailyAt(due: number): string {
  return `0 0 ${new Date(due).getUTCHours()} * * *`;
}
