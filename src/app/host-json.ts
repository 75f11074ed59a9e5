import hostJson from '../../host.json' with { type: 'json' };

// The longest timer that Node has, 24.8 days; a longer one would fire at once.
const maxTimerMs = 2 ** 31 - 1;

/** What the product must know of its own host.json; the bundle carries it, so the two cannot part. */
export const hostDefaults = {
  functionTimeoutMs: parseTimeSpan(hostJson.functionTimeout) ?? Number.NaN,
  maxDequeueCount: hostJson.extensions.queues.maxDequeueCount,
} as const;

/**
 * A .NET time span `[d.]hh:mm:ss` of a second or more in milliseconds; -1 (no limit) is a day here. Undefined when it is
 * none, as for 24:00:00, which .NET takes for 24 days.
 */
export function parseTimeSpan(text: string): number | undefined {
  if (text === '-1') return 24 * 60 * 60 * 1000;
  const [, days = '0', hours, minutes, seconds] = /^(?:(\d+)\.)?([01]?\d|2[0-3]):([0-5]\d):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  const total = (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return total === 0 ? undefined : Math.min(total, maxTimerMs);
}

/**
 * As parseTimeSpan, and undefined under five minutes. One call may be under way for 30 seconds when a run stops asking, and what
 * it did has still to be written before the host ends the function.
 */
export function parseFunctionTimeout(text: string): number | undefined {
  const timeoutMs = parseTimeSpan(text);
  return timeoutMs !== undefined && timeoutMs >= 5 * 60 * 1000 ? timeoutMs : undefined;
}
