import { failureSentence, messageOf } from '../escrow/model/failure.ts';
import { eventRunId, type RunId, requestRunId, scheduledRunId } from '../escrow/model/run-id.ts';
import type { EscrowLog } from '../escrow/ports/escrow-events.ts';
import type { TimeBudget } from '../escrow/ports/time-budget.ts';
import { saveRequest } from '../escrow/records/request-record.ts';
import { originalMessage, parseMessageBody } from '../escrow/request/message-body.ts';
import { type EscrowRequest, type KeyRequest, parseRequest } from '../escrow/request/request.ts';
import { RequestRefused } from '../escrow/request/request-refused.ts';
import { nameTaken, overwriteRefused } from '../escrow/run/escrow-under-name.ts';
import { incompleteRun } from '../escrow/run/incomplete-run.ts';
import { runNamedKey } from '../escrow/run/key-run.ts';
import { portsOf, runSources } from './run-sources.ts';
import type { Services } from './services.ts';

export interface Delivery {
  readonly messageId: string;
  readonly insertedAt: Date;
  /** 1 on the first delivery. */
  readonly attempt: number;
}

/** A message that is being carried out, and what that takes. */
interface Work extends Delivery {
  readonly message: Uint8Array;
  readonly services: Services;
  readonly log: EscrowLog;
  readonly time: TimeBudget;
}

/**
 * Carries out one queue message: a key, a source, all, or an event.
 * @returns `refused` for what can never succeed: it is recorded with the reason, and belongs on the poison queue.
 * @throws what may succeed later, for the host to deliver it again; the last delivery is recorded too.
 */
export async function carryOutMessage(
  message: Uint8Array,
  delivery: Delivery,
  services: Services,
  log: EscrowLog,
): Promise<'done' | 'refused'> {
  const work = { ...delivery, message, services, log, time: services.timeBudget() };
  let runId = requestRunId(delivery.insertedAt, delivery.messageId);
  try {
    const { sources, suffixes } = services.settings;
    const request = parseRequest(parseMessageBody(message), { sources, suffixes, now: services.now() });
    runId = runIdOf(request, delivery);
    await carryOut(request, runId, work);
    return 'done';
  } catch (error) {
    await saveFailure(error, runId, work);
    if (error instanceof RequestRefused) return 'refused';
    throw error;
  }
}

function runIdOf(request: EscrowRequest, { insertedAt, messageId }: Delivery): RunId {
  if (request.scope === 'sources' && request.runTime !== undefined) return scheduledRunId(request.runTime);
  if (request.scope === 'key' && request.event !== undefined) return eventRunId(request.event.time, request.event.id);
  return requestRunId(insertedAt, messageId);
}

async function carryOut(request: EscrowRequest, runId: RunId, work: Work): Promise<void> {
  const { messageId, attempt, services, log, time } = work;
  if (request.scope === 'key') return carryOutKey(request, runId, work);
  if (request.scope === 'nothing') {
    return log('info', { event: 'escrow.request.acknowledged', runId, messageId, reason: request.reason });
  }
  const { sources, runTime, whatIf } = request;
  const trigger = runTime === undefined ? 'request' : 'schedule';
  return runSources(services, sources, { runId, trigger, attempt, whatIf }, log, time);
}

async function carryOutKey(request: KeyRequest, runId: RunId, { services, log, time }: Work): Promise<void> {
  const { source, event } = request;
  const trigger = event === undefined ? 'request' : 'event';
  const outcome = await runNamedKey(
    { ...request, runId, trigger, obeysSelection: event !== undefined },
    portsOf(services, source, log, time),
  );
  if (outcome.outcome !== 'failed') return;
  const isFinal = [nameTaken, overwriteRefused].includes(outcome.code);
  // Under what-if the log line is the answer; nothing is left behind.
  if (isFinal && request.whatIf) return;
  // A person's typing error should not take five deliveries to come back; an event's key may show up a moment later.
  const isUnknownKey = outcome.kind === 'absent' && trigger === 'request';
  if (isFinal || isUnknownKey) throw new RequestRefused(failureSentence(outcome));
  throw incompleteRun(`The request for key "${request.name}" failed (run ${runId}).`, [outcome]);
}

/** Records what cannot be carried out: whole, with the reason. */
async function saveFailure(error: unknown, runId: RunId, work: Work): Promise<void> {
  const { message, messageId, insertedAt, attempt, services, log, time } = work;
  const reason = messageOf(error);
  const isRefused = error instanceof RequestRefused;
  const isLast = attempt >= services.settings.maxDequeueCount;
  if (isRefused) log('error', { event: 'escrow.request.refused', runId, messageId, reason });
  else log('error', { event: 'escrow.request.failed', runId, messageId, reason, attempt, final: isLast });

  if (!isRefused && !isLast) return;
  const record = {
    format: 'keyvault-escrow/request/1',
    messageId,
    runId,
    insertedAt: insertedAt.toISOString(),
    recordedAt: services.now().toISOString(),
    status: isRefused ? 'refused' : 'failed',
    reason,
    attempt,
    message: originalMessage(message),
  } as const;
  await saveRequest(services.store, record, time.hardDeadline).catch((saveError: unknown) => {
    // The message itself is safe: the host delivers it again, or moves it to the poison queue.
    const words = `${reason}\nThe request could not be recorded either: ${messageOf(saveError)}`;
    throw new AggregateError([error, saveError], words);
  });
}
