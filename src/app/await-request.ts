import { count } from '../escrow/model/count.ts';
import { sourcePath } from '../escrow/model/source.ts';
import { parseRunBlobName, requestRecordName, runPrefix } from '../escrow/records/blob-names.ts';
import { readRequest } from '../escrow/records/request-record.ts';
import { type RunReport, readRunReport } from '../escrow/records/run-report.ts';
import type { SentRequest } from './enqueue-request.ts';
import type { Task } from './task.ts';

/** How a request ended, as far as the store shows. */
export interface RequestEnd {
  /** `incomplete`: a whole-source run failed for some keys, and the host gave up. `pending`: the wait ended first. */
  readonly status: 'done' | 'refused' | 'failed' | 'incomplete' | 'pending';
  readonly message: string;
}

const pollIntervalMs = 1000;

/**
 * Follows a request to what it leaves in the store: the record of a key, the reports of a run, or the record of a
 * request that was refused or failed for the last time.
 */
export async function awaitRequest(sent: SentRequest, timeoutMs: number, task: Task): Promise<RequestEnd> {
  const { services, signal } = task;
  const until = services.now().getTime() + timeoutMs;
  try {
    for (;;) {
      const done = await whatWasDone(sent, task);
      const end = done === undefined ? await givenUp(sent, task) : ({ status: 'done', message: done } as const);
      if (end !== undefined) return end;
      if (services.now().getTime() >= until) {
        const message = `The request is still under way (run ${sent.runId}). Look at the queue: \`keyvault-escrow doctor\`.`;
        return { status: 'pending', message };
      }
      await services.sleep(pollIntervalMs, signal);
      signal.throwIfAborted();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    const message = `The wait was interrupted; the request goes on (run ${sent.runId}). Do not send it again.`;
    return { status: 'pending', message };
  }
}

/** One sentence; undefined as long as not all of it is done. */
async function whatWasDone({ request, blobName, runId }: SentRequest, { services, signal }: Task) {
  if (blobName !== undefined) {
    const blob = await services.store.find(blobName, signal);
    if (blob?.metadata.runid !== runId) return undefined;
    return `Escrowed: ${blobName} (${blob.length} bytes, SHA-256 ${blob.metadata.sha256}).`;
  }
  if (request.scope !== 'sources') return undefined;
  const done = new Map<string, RunReport>();
  for await (const blob of services.store.list(runPrefix(runId), signal, { metadata: true })) {
    const parsed = parseRunBlobName(blob.name);
    if (parsed?.what !== 'report' || blob.metadata.status !== 'ok') continue;
    const report = await readRunReport(services.store, blob.name, signal);
    if (report !== undefined) done.set(sourcePath(parsed.source), report);
  }
  if (request.sources.some((source) => !done.has(sourcePath(source)))) return undefined;
  const sum = [...done.values()].reduce((total, { counts }) => total + counts.escrowed + counts.alreadyEscrowed, 0);
  return `Escrowed ${count(sum, 'key')} of ${count(done.size, 'source')}: ${runPrefix(runId)}`;
}

async function givenUp(sent: SentRequest, { services, signal }: Task): Promise<RequestEnd | undefined> {
  const record = await readRequest(services.store, sent, signal);
  if (record === undefined) return undefined;
  const { status, reason, attempt } = record;
  if (status === 'refused') return { status, message: reason };
  const name = requestRecordName(sent.insertedAt, sent.messageId);
  const message = `${reason}\nGiven up after ${attempt} deliveries; kept as ${name}.`;
  return { status: sent.request.scope === 'sources' ? 'incomplete' : 'failed', message };
}
