/**
 * How long an invocation may go on. Nothing new starts after `outOfTime` (2 minutes before the host would abort it);
 * what has been backed up by then is still written, with retries, until `lastCall`.
 */
export interface TimeBudget {
  readonly outOfTime: AbortSignal;
  readonly lastCall: AbortSignal;
}
