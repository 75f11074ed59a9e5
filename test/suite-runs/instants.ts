import { day, fromNow } from '../support/now.ts';

// fixed dates: the instants at which the suite runs.

/** When and where the whole suite has to pass. */
export interface Instant {
  readonly name: string;
  /** To the minute, UTC. */
  readonly at: string;
  readonly zone: string;
  /** Tried on every day; the others take turns. */
  readonly isDaily?: boolean;
}

const newYork = 'America/New_York';
const kolkata = 'Asia/Kolkata';

export const instants: readonly Instant[] = [
  { name: 'after the nightly run was due', at: '2026-11-28 02:20', zone: 'UTC' },
  { name: 'over midnight', at: '2026-11-28 23:58', zone: 'UTC', isDaily: true },
  { name: 'just after midnight', at: '2026-11-29 00:01', zone: 'UTC' },
  { name: 'before the daily audit is due', at: '2026-11-29 05:59', zone: 'UTC' },
  { name: 'over the end of a month', at: '2026-11-30 23:57', zone: 'UTC' },
  { name: 'the last afternoon of a year', at: '2026-12-31 14:30', zone: 'UTC' },
  { name: 'over the end of a year', at: '2026-12-31 23:58', zone: kolkata },
  { name: 'over the beginning of summer time', at: '2027-03-14 06:57', zone: newYork },
  { name: 'over the end of summer time', at: '2027-11-07 05:57', zone: newYork },
  { name: 'a leap day', at: '2028-02-29 12:00', zone: 'UTC' },
  { name: 'a leap day, over midnight by the wall clock', at: '2028-02-29 18:27', zone: kolkata },
  { name: 'a year from now', at: utcMinute(fromNow(365 * day)), zone: 'UTC' },
  { name: 'two years from now', at: utcMinute(fromNow(730 * day)), zone: newYork, isDaily: true },
];

/** The daily ones and, by the day, one of the others: all get their turn. */
export function instantsOfDay(today: Date): Instant[] {
  const others = instants.filter(({ isDaily }) => !isDaily);
  const turn = others[Math.floor(today.getTime() / day) % others.length];
  return instants.filter((instant) => instant.isDaily || instant === turn);
}

function utcMinute(instant: Date): string {
  return instant.toISOString().slice(0, 16).replace('T', ' ');
}
