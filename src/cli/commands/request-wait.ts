import type { OperatorServices } from '../../app/operator-services.ts';
import { explainSkip } from '../../escrow/model/selection.ts';
import { describeSource } from '../../escrow/model/source.ts';
import type { SourceKey } from '../../escrow/model/source-key.ts';
import { sourcePath } from '../../escrow/model/source-path.ts';
import { parseRunBlobName, requestRecordName, runPrefix } from '../../escrow/records/blob-names.ts';
import type { RunReport } from '../../escrow/records/run-report.ts';
import type { EscrowRequest } from '../../escrow/request/request.ts';
import type { RequestRecord } from '../../escrow/request/request-record.ts';
import { count } from '../terminal/figures.ts';
import type { Io } from '../terminal/io.ts';

export interface AwaitedRequest {
  readonly request: EscrowRequest;
  readonly messageId: string;
  readonly runId: string;
  /** The key that is asked for, where it could be looked at. */
  readonly key: SourceKey | undefined;
  /** Of a request for one key. */
  readonly blobName?: string;
  readonly timeoutMs: number;
}

/** How a request ended, as far as the container tells. */
export interface RequestEnd {
  /** `incomplete`: a whole-source run failed for some keys, and the host gave up. `pending`: the wait ended first. */
  readonly status: 'done' | 'skipped' | 'refused' | 'failed' | 'incomplete' | 'pending';
  readonly message: string;
}

const lookEveryMs = 1000;

/**
 * Follows a request to what it leaves in the container: the record of a key, the reports of a run, or the record of a
 * request that was refused or failed for the last time.
 */
export async function waitForRequest(awaited: AwaitedRequest, io: Io, services: OperatorServices): Promise<RequestEnd> {
  const skipped = foreseenSkip(awaited);
  if (skipped !== undefined) return skipped;
  const until = services.now().getTime() + awaited.timeoutMs;
  for (;;) {
    const end = (await carriedOut(awaited, io, services)) ?? (await givenUp(awaited, io, services));
    if (end !== undefined) return end;
    if (services.now().getTime() >= until) {
      return {
        status: 'pending',
        message: `The request is still under way (run ${awaited.runId}). Doctor shows the queue: \`keyvault-escrow doctor\`.`,
      };
    }
    await services.sleep(lookEveryMs, io.signal);
    if (io.signal.aborted) return { status: 'pending', message: 'The wait was interrupted; the request goes on.' };
  }
}

/** A certificate-backed key is skipped by the app without a trace in the container: nothing would ever come. */
function foreseenSkip({ key, request }: AwaitedRequest): RequestEnd | undefined {
  if (request.scope !== 'key' || !key?.certificateBacked) return undefined;
  const subject = `Key "${request.name}" of ${describeSource(request.source)}`;
  return { status: 'skipped', message: `${subject} is ${explainSkip('certificateBacked')}.` };
}

async function carriedOut(
  { request, blobName, runId }: AwaitedRequest,
  io: Io,
  services: OperatorServices,
): Promise<RequestEnd | undefined> {
  if (blobName !== undefined) {
    const blob = await services.container.look(blobName, io.signal);
    if (blob?.metadata.runid !== runId) return undefined;
    return {
      status: 'done',
      message: `Escrowed: ${blobName} (${blob.length} bytes, SHA-256 ${blob.metadata.sha256}).`,
    };
  }
  if (request.scope !== 'sources') return undefined;
  const done = new Map<string, RunReport>();
  for await (const { name, metadata } of services.container.list(runPrefix(runId), io.signal, { metadata: true })) {
    const parsed = parseRunBlobName(name);
    if (parsed?.what !== 'report' || metadata.status !== 'ok') continue;
    const text = Buffer.from(await services.container.read(name, io.signal)).toString('utf8');
    done.set(sourcePath(parsed.source), JSON.parse(text));
  }
  if (request.sources.some((source) => !done.has(sourcePath(source)))) return undefined;
  const sum = [...done.values()].reduce((total, { counts }) => total + counts.escrowed + counts.alreadyEscrowed, 0);
  return {
    status: 'done',
    message: `Escrowed ${count(sum, 'key')} of ${count(done.size, 'source')}: ${runPrefix(runId)}`,
  };
}

async function givenUp(
  { messageId, request }: AwaitedRequest,
  io: Io,
  services: OperatorServices,
): Promise<RequestEnd | undefined> {
  const name = requestRecordName(messageId);
  if ((await services.container.look(name, io.signal)) === undefined) return undefined;
  const text = Buffer.from(await services.container.read(name, io.signal)).toString('utf8');
  const { status, reason, attempt }: RequestRecord = JSON.parse(text);
  if (status === 'refused') return { status, message: reason };
  const isPartial = request.scope === 'sources';
  return {
    status: isPartial ? 'incomplete' : 'failed',
    message: `${reason}\nGiven up after ${attempt} deliveries; kept as ${name}.`,
  };
}
