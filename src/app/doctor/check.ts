import { OutOfTime, ServiceError } from '../../escrow/model/service-error.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import { describeServiceError } from '../describe-error.ts';
import type { Task } from '../task.ts';

/** One thing that was looked at. `notChecked`: it could not be looked at from here, or as this identity. */
export interface Check {
  readonly check: string;
  readonly status: 'ok' | 'notChecked' | 'failed';
  readonly message: string;
  /** What to do; of what was not checked, how it can be. */
  readonly remedy?: string;
}

export interface CheckedSubject {
  readonly subject: string;
  /** Present when it is a source. */
  readonly source?: SourceId;
  readonly checks: readonly Check[];
}

export function ok(check: string, message: string): Check {
  return { check, status: 'ok', message };
}

export function notChecked(check: string, message: string, remedy?: string): Check {
  return { check, status: 'notChecked', message, ...(remedy !== undefined && { remedy }) };
}

export function failed(check: string, message: string, remedy: string): Check {
  return { check, status: 'failed', message, remedy };
}

/** What a check has to say when the service refuses it. */
export function attempt(check: string, task: Task, look: () => Promise<Check>): Promise<Check> {
  return unlessRefused(task, look, (error) => {
    const { message, remedy } = describeServiceError(error);
    return failed(check, message, remedy);
  });
}

/** What `look` comes to, or what `refused` makes of a service's refusal. Ctrl-C and faults of ours end the command. */
export async function unlessRefused<T, R>(
  { signal }: Task,
  look: () => Promise<T>,
  refused: (error: ServiceError) => R,
): Promise<T | R> {
  try {
    return await look();
  } catch (thrown) {
    signal.throwIfAborted();
    // A limit of the call's own: its cause is what was being waited out.
    const error = thrown instanceof OutOfTime ? thrown.cause : thrown;
    if (!(error instanceof ServiceError)) throw thrown;
    return refused(error);
  }
}
