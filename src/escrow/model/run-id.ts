import { createHash } from 'node:crypto';

/**
 * The identity of one pass over one source: the instant that it stands for and, on demand, who asked.
 * Retries, redeliveries and reruns after a crash derive the same id and so the same blob names. It is identity only:
 * ages come from the storage service's creation time.
 */
export type RunId = string;

/**
 * How much earlier than its time a run, a record or an audit may be there: a message or an event may name a time 5 minutes ahead, the
 * host fires a second early, and clocks differ by less than the rest. Milliseconds.
 */
export const timeMargin = 10 * 60 * 1000;

/**
 * How much later than its time a record or a report of a run may be made: a message may name a time a week ago (`runTime`). An
 * event may be of any age; its record is then late, as a copied one is.
 */
export const runTimeLagDays = 8;

const shape = /^\d{8}T\d{6}Z(?:-[0-9a-f]{8})?$/;

/** For the schedule, and for a message that carries a `runTime`: `20261124T020000Z`. */
export function scheduledRunId(runTime: Date): RunId {
  return `${runTime.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** For a request: insertion time and the start of the queue message id, as in `20261124T140307Z-3f2a9c1e`. */
export function requestRunId(insertedAt: Date, messageId: string): RunId {
  return `${scheduledRunId(insertedAt)}-${asEightHexDigits(messageId)}`;
}

/** For an event: its own time and id, because two deliveries of one event are two queue messages. */
export function eventRunId(eventTime: Date, eventId: string): RunId {
  return `${scheduledRunId(eventTime)}-${sha256Hex(eventId).slice(0, 8)}`;
}

/** The instant in a run id; undefined when the text is not a run id. Called for every blob of a listing: it must cost little. */
export function parseRunTime(runId: string): Date | undefined {
  if (!shape.test(runId)) return undefined;
  const digits = (from: number, to: number): number => Number(runId.slice(from, to));
  const [month, day] = [digits(4, 6), digits(6, 8)];
  const [hour, minute, second] = [digits(9, 11), digits(11, 13), digits(13, 15)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const time = new Date(0);
  time.setUTCFullYear(digits(0, 4), month - 1, day);
  // 30 February would be 1 or 2 March.
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day) return undefined;
  time.setUTCHours(hour, minute, second);
  return time;
}

/**
 * Whether a blob was there before a run could begin: somebody has forged it, so that the run take it for its own and leave its key
 * without a backup. @param createdAt the storage service's time, which nobody can choose. @param run its id, or its time.
 */
export function precedesRun(createdAt: Date, run: RunId | Date): boolean {
  const runTime = run instanceof Date ? run : parseRunTime(run);
  return runTime !== undefined && createdAt.getTime() < runTime.getTime() - timeMargin;
}

// Queue message ids are GUIDs today; anything else is hashed rather than trusted inside a blob name.
function asEightHexDigits(messageId: string): string {
  const start = messageId.slice(0, 8).toLowerCase();
  return /^[0-9a-f]{8}$/.test(start) ? start : sha256Hex(messageId).slice(0, 8);
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
