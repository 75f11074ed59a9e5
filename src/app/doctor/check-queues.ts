import { count } from '../../escrow/model/count.ts';
import type { PoisonMessage } from '../../escrow/ports/request-queue.ts';
import { isSet } from '../settings.ts';
import type { Task } from '../task.ts';
import { attempt, type Check, type CheckedSubject, failed, notChecked, ok } from './check.ts';

/**
 * The on-demand queue, whether the app can work on it, and the queue of what could not be carried out.
 * @param isApp whether this runs as the app, whose host ends when it may not work on messages.
 */
export async function checkQueues(task: Task, isApp: boolean): Promise<CheckedSubject> {
  const { settings } = task.services;
  if (!isSet(settings, 'queueName') || !isSet(settings, 'queueServiceUrl')) {
    const remedy = 'Set ESCROW_QUEUE_NAME and ESCROW_QUEUE__queueServiceUri as the app has them.';
    return { subject: 'queue', checks: [notChecked('queue', 'no queue is configured', remedy)] };
  }
  const { requests } = task.services;
  const queue = await attempt('queue', task, async () => {
    const length = await requests.length(task.signal);
    return ok('queue', `${count(length, 'message')} waiting or under way`);
  });
  const processing = await attempt('queue role', task, () => checkRole(task, isApp));
  const poison = await attempt('poison queue', task, () => checkPoison(task));
  return { subject: `queue ${settings.queueName}`, checks: [queue, processing, poison] };
}

async function checkRole({ services, signal }: Task, isApp: boolean): Promise<Check> {
  const check = 'queue role';
  if (await services.requests.mayProcess(signal)) return ok(check, 'messages can be renewed, released and deleted');
  if (!isApp) {
    const remedy =
      'Without the app\'s queue role its host starts over and over and no timer runs: docs/operations.md, "The app is up, and nothing runs", checks it.';
    return notChecked(check, 'your role cannot work on messages (normal for an operator)', remedy);
  }
  return failed(
    check,
    'the app may not work on messages: its host ends at the first poll and starts over and over, and no timer runs',
    'Give the identity Storage Queue Data Contributor on the storage account of the queue. Until then the app settings AzureWebJobs.onDemandEscrow.Disabled=true and ESCROW_FAN_OUT=false keep the nightly run alive.',
  );
}

async function checkPoison({ services, signal }: Task): Promise<Check> {
  const length = await services.requests.poisonLength(signal);
  if (length === 0) return ok('poison queue', 'empty');
  const messages = await services.requests.peekPoison(signal);
  const unreadable = messages.find(({ isBase64 }) => !isBase64);
  const example = messages[0] === undefined ? '' : `, for example ${shown(unreadable ?? messages[0])}`;
  const remedy =
    'The reason is in requests/<day>/<message id>.json in the container. Mend it, enqueue again, then delete the message.';
  return failed(
    'poison queue',
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
