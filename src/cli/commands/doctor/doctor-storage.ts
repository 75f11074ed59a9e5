import type { OperatorServices } from '../../../app/operator-services.ts';
import { ServiceError } from '../../../escrow/model/service-error.ts';
import { runPrefix } from '../../../escrow/records/blob-names.ts';
import { tryCanary } from '../../../escrow/write-once/canary-trial.ts';
import { describeFault } from '../../terminal/errors.ts';
import { count } from '../../terminal/figures.ts';
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

/** The on-demand queue, and the queue of what could not be carried out. */
export async function checkQueues(io: Io, { requests, settings }: OperatorServices): Promise<Check[]> {
  const queue = await attempt('queue', settings.queueName, io, async () => {
    const { name, length } = await requests.state(io.signal);
    return ok('queue', name, `${count(length, 'message')} waiting or under way`);
  });
  const poison = await attempt('poison queue', `${settings.queueName}-poison`, io, async () => {
    const { name, length } = await requests.poisonState(io.signal);
    if (length === 0) return ok('poison queue', name, 'empty');
    const [first = ''] = await requests.peekPoison(io.signal);
    // Anybody who may send wrote this: it must not steer the terminal.
    const plain = first.replace(/\p{Cc}/gu, ' ');
    const shown = plain.length > 120 ? `${plain.slice(0, 120)}…` : plain;
    return failed(
      'poison queue',
      name,
      `${count(length, 'message')} could not be carried out, for example ${shown}`,
      'The reason is in requests/<message id>.json in the container. Mend it, enqueue again, then delete the message.',
    );
  });
  return [queue, poison];
}

async function attempt(check: string, subject: string, io: Io, look: () => Promise<Check>): Promise<Check> {
  try {
    return await look();
  } catch (error) {
    if (io.signal.aborted || !(error instanceof ServiceError)) throw error;
    const { message, remedy } = describeFault(error);
    return failed(check, subject, message, remedy);
  }
}
