import { EscrowFault } from '../escrow/model/failure.ts';
import { requestRunId } from '../escrow/model/run-id.ts';
import { skipMessages } from '../escrow/model/selection.ts';
import {
  describeKey,
  describeSource,
  isSameSource,
  type SourceId,
  sourceOfNames,
  sourcePath,
} from '../escrow/model/source.ts';
import { faultOfBlobName, namedRecordName, recordName, runPrefix } from '../escrow/records/blob-names.ts';
import { type EscrowRequest, parseRequest, type RequestMessage } from '../escrow/request/request.ts';
import { RequestRefused } from '../escrow/request/request-refused.ts';
import { unknownName } from './known-names.ts';
import { lookForKey } from './look-for-key.ts';
import type { Task } from './task.ts';
import { UsageFault } from './usage-fault.ts';

export type { RequestMessage };

export type SentRequest = Awaited<ReturnType<typeof enqueueRequest>>;

/**
 * Puts a request on the queue; the app's identity backs up. Checked here first: the message by the app's own parser, its
 * source against the settings, its key against the vault.
 * @throws UsageFault or EscrowFault when nothing would come of it; nothing was sent then.
 */
export async function enqueueRequest(message: RequestMessage, task: Task) {
  const { services, signal } = task;
  const request = readRequest(message, task);
  if (request.scope === 'key') {
    const key = await lookForKey(request.source, request.name, task);
    if (key?.certificateBacked) {
      const subject = describeKey({ source: request.source, keyName: request.name });
      const fault = `${subject} is ${skipMessages.certificateBacked}. Nothing was sent`;
      throw new EscrowFault('certificateBacked', fault, '');
    }
  }
  const { messageId, insertedAt } = await services.requests.send(message, signal);
  const runId = requestRunId(insertedAt, messageId);
  return { request, messageId, insertedAt, runId, ...placeOf(request, runId) };
}

function readRequest(message: RequestMessage, { services }: Task): EscrowRequest {
  const { vaultName, hsmName, blobName } = message;
  const { settings, now } = services;
  const named = sourceOfNames({ vaultName, hsmName });
  if (named !== undefined) requireConfigured(named, settings.sources);
  const fault = blobName === undefined ? undefined : faultOfBlobName(blobName);
  if (fault !== undefined) {
    throw refused(`The blob name ${JSON.stringify(blobName)} cannot be used: ${fault}`);
  }
  try {
    return parseRequest(message, { sources: settings.sources, suffixes: settings.suffixes, now: now() });
  } catch (error) {
    if (error instanceof RequestRefused) throw refused(error.message, error);
    throw error;
  }
}

/** The app could only refuse it. */
function refused(message: string, cause?: unknown): UsageFault {
  return new UsageFault(message, '', { code: 'requestRefused', cause });
}

function requireConfigured(wanted: SourceId, sources: readonly SourceId[]): void {
  if (sources.some((source) => isSameSource(source, wanted))) return;
  const known = sources.filter(({ kind }) => kind === wanted.kind).map(({ name }) => name);
  const hint = `Configured: ${sources.map(describeSource).join(', ')}.`;
  throw unknownName(`${describeSource(wanted)} is not configured`, wanted.name, known, hint);
}

/** Under which prefix a request leaves what it makes; of one key, where its record will be. */
function placeOf(request: EscrowRequest, runId: string): { blobName?: string; prefix: string } {
  if (request.scope !== 'key') return { prefix: runPrefix(runId) };
  const { source, name, blobName: chosen } = request;
  const blobName = chosen === undefined ? recordName(source, name, runId) : namedRecordName(chosen);
  return { blobName, prefix: `${sourcePath(source)}/` };
}
