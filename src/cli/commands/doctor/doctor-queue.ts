import type { OperatorServices } from '../../../app/operator-services.ts';
import type { PoisonMessage } from '../../../escrow/ports/request-queue.ts';
import { count } from '../../terminal/figures.ts';
import type { Io } from '../../terminal/io.ts';
import type { Check } from './doctor-check.ts';
import { failed, ok, skipped } from './doctor-check.ts';
import { attempt } from './doctor-storage.ts';

/** The on-demand queue, whether the app can work on it, and the queue of what could not be carried out. */
export async function checkQueues(io: Io, services: OperatorServices): Promise<Check[]> {
  const { requests, settings } = services;
  const queue = await attempt('queue', settings.queueName, io, async () => {
    const { name, length } = await requests.state(io.signal);
    return ok('queue', name, `${count(length, 'message')} waiting or under way`);
  });
  const processing = await attempt('queue role', settings.queueName, io, () => checkRole(io, services));
  const poison = await attempt('poison queue', `${settings.queueName}-poison`, io, () => checkPoison(io, services));
  return [queue, processing, poison];
}

async function checkRole(io: Io, { requests, settings }: OperatorServices): Promise<Check> {
  const check = 'queue role';
  const name = settings.queueName;
  if (await requests.mayProcess(io.signal)) return ok(check, name, 'messages can be renewed, released and deleted');
  if (!isApp(io)) {
    const message =
      'Not checked: your role cannot work on messages (normal for an operator). Without the app\'s role its host starts over and over and no timer runs; docs/operations.md, "The app is up, and nothing runs", checks it';
    return skipped(check, name, message);
  }
  return failed(
    check,
    name,
    'the app may not work on messages: its host ends at the first poll and starts over and over, and no timer runs',
    'Give the identity Storage Queue Data Contributor on the storage account of the queue. Until then the app settings AzureWebJobs.onDemandEscrow.Disabled=true and ESCROW_FAN_OUT=false keep the nightly run alive.',
  );
}

/** As deployed, the app's queue connection and its other calls have one identity. */
function isApp({ env }: Io): boolean {
  return env.AZURE_CLIENT_ID !== undefined && env.AZURE_CLIENT_ID === env.ESCROW_QUEUE__clientId;
}

async function checkPoison(io: Io, { requests }: OperatorServices): Promise<Check> {
  const { name, length } = await requests.poisonState(io.signal);
  if (length === 0) return ok('poison queue', name, 'empty');
  const messages = await requests.peekPoison(io.signal);
  const unreadable = messages.find(({ isBase64 }) => !isBase64);
  const example = messages[0] === undefined ? '' : `, for example ${shown(unreadable ?? messages[0])}`;
  const remedy =
    'The reason is in requests/<message id>.json in the container. Mend it, enqueue again, then delete the message.';
  return failed(
    'poison queue',
    name,
    `${count(length, 'message')} could not be carried out${example}`,
    unreadable === undefined ? remedy : `${unreadableRemedy} Of the others: ${remedy}`,
  );
}

const unreadableRemedy =
  'What is not base64 the functions host cannot read: the app never saw it, and there is no record of it. Send it again with base64 (in .NET, QueueMessageEncoding.Base64), then delete it.';

/** Anybody who may send wrote this: it must not steer the terminal. */
function shown({ text, isBase64 }: PoisonMessage): string {
  const plain = text.replace(/\p{Cc}/gu, ' ');
  const short = plain.length > 120 ? `${plain.slice(0, 120)}…` : plain;
  return isBase64 ? short : `${short} (not base64)`;
}
