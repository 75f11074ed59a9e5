import { causeOf } from '../../model/failure.ts';
import { OutOfTime } from '../../model/service-error.ts';

/** No audit came about, or it could not be kept with its page. Not the same as an audit that found gaps. */
export class AuditFailedError extends Error {
  override readonly name = 'AuditFailedError';
}

/**
 * @param what could not be done, as `audit the escrow`.
 * @throws AuditFailedError with reason, subject and remedy; `cause` is what stopped it.
 */
export async function wrapAuditFailure<T>(what: string, audit: () => Promise<T>): Promise<T> {
  try {
    return await audit();
  } catch (cause) {
    throw new AuditFailedError(`Cannot ${what}: ${whyOf(cause)}`, { cause });
  }
}

function whyOf(error: unknown): string {
  if (error instanceof OutOfTime) {
    return `${error.message}. Raise functionTimeout, or maxBackupsPerSecond of large sources: the next audit starts anew.`;
  }
  const { reason, remedy } = causeOf(error, {
    grant: 'Grant blobs/add/action and blobs/read on the escrow container.',
  });
  return `${reason}. ${remedy}`;
}
