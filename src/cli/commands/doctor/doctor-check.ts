/** One thing that was looked at. `skipped`: it could not be looked at from here, or as this identity, and why. */
export interface Check {
  readonly check: string;
  readonly subject: string;
  readonly status: 'ok' | 'failed' | 'skipped';
  readonly message: string;
  /** What to do; with `failed` always. */
  readonly fix?: string;
}

export function ok(check: string, subject: string, message: string): Check {
  return { check, subject, status: 'ok', message };
}

export function skipped(check: string, subject: string, message: string): Check {
  return { check, subject, status: 'skipped', message };
}

export function failed(check: string, subject: string, message: string, fix: string): Check {
  return { check, subject, status: 'failed', message, fix };
}
