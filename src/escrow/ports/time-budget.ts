/**
 * How long an invocation may go on. Nothing new starts after `softDeadline` (2 minutes before the host would abort it);
 * what has been backed up by then is still written, with retries, until `hardDeadline`.
 */
export interface TimeBudget {
  readonly softDeadline: AbortSignal;
  readonly hardDeadline: AbortSignal;
}
