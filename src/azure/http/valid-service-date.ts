/**
 * A time as an SDK took it from an answer; undefined where it is none within the years 1970 to 9999. The SDKs check nothing:
 * text or 1e15 seconds become an invalid date, null, 0 and "" stay what they are, and a year beyond 9999 has an ISO form that
 * no reader of ours takes.
 */
export function validServiceDate(time: unknown): Date | undefined {
  if (!(time instanceof Date)) return undefined;
  return time.getTime() >= 0 && time.getUTCFullYear() <= 9999 ? time : undefined;
}
