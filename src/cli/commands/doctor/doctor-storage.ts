import type { OperatorServices } from '../../../app/operator-services.ts';
import { ServiceError } from '../../../escrow/model/service-error.ts';
import { runPrefix } from '../../../escrow/records/blob-names.ts';
import { tryCanary } from '../../../escrow/write-once/canary-trial.ts';
import { describeFault } from '../../terminal/errors.ts';
import type { Io } from '../../terminal/io.ts';
import type { Check } from './doctor-check.ts';
import { failed, ok, skipped } from './doctor-check.ts';

/** The container: there, readable, and really write-once, which is tried on the canary. */
export async function checkContainer(io: Io, { container }: OperatorServices): Promise<Check[]> {
  const subject = container.url;
  const read = await attempt('container', subject, io, async () => {
    for await (const _ of container.list(runPrefix(), io.signal)) break;
    return ok('container', subject, 'it can be read');
  });
  if (read.status !== 'ok') return [read];
  const { overwrite, remove, message = '' } = await tryCanary(container, io.signal);
  return [read, verdictOf('overwrite', overwrite, subject, message), verdictOf('delete', remove, subject, message)];
}

function verdictOf(
  what: 'overwrite' | 'delete',
  verdict: 'refused' | 'allowed' | 'unproven',
  subject: string,
  message: string,
): Check {
  const check = `write-once (${what})`;
  if (verdict === 'refused') return ok(check, subject, 'refused to you; every night proves it for the app');
  if (verdict === 'unproven') return skipped(check, subject, message || 'no answer told');
  return failed(
    check,
    subject,
    `you could ${what} a blob of the escrow`,
    'Take Storage Blob Data Contributor or Owner away from everybody, and see that the container has an immutability policy (infra deploys both).',
  );
}

/** What a check has to say when the service refuses it. */
export async function attempt(check: string, subject: string, io: Io, look: () => Promise<Check>): Promise<Check> {
  try {
    return await look();
  } catch (error) {
    if (io.signal.aborted || !(error instanceof ServiceError)) throw error;
    const { message, remedy } = describeFault(error);
    return failed(check, subject, message, remedy);
  }
}
