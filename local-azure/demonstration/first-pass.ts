import { requestRunId } from '../../src/escrow/model/run-id.ts';
import { type EscrowSource, sourcePath } from '../../src/escrow/model/source.ts';
import type { EscrowEvent } from '../../src/escrow/ports/escrow-events.ts';
import { recordName } from '../../src/escrow/records/blob-names.ts';
import type { HostEvent } from '../functions-host/host-events.ts';
import type { FunctionsHost } from '../functions-host/start.ts';

type Completed = Extract<EscrowEvent, { event: 'escrow.run.completed' }>;
type Skipped = Extract<EscrowEvent, { event: 'escrow.key.skipped' }>;
type Failed = Extract<EscrowEvent, { event: 'escrow.key.failed' }>;
type Escrowed = Extract<EscrowEvent, { event: 'escrow.key.escrowed' }>;

/** What the nightly job came to, from its own log lines. */
export interface NightlyPass {
  readonly runs: readonly Completed[];
  readonly skipped: readonly Skipped[];
  readonly failed: readonly Failed[];
}

/** What became of the request that was enqueued. */
export interface OnDemandPass {
  readonly message: string;
  readonly runId: string;
  readonly escrowed?: Escrowed;
  readonly failure?: string;
}

/** What the audit came to, from its own log lines. */
export type AuditPass = Extract<EscrowEvent, { event: 'escrow.audit.completed' }>;

/** A line that the app wrote, when it is one of its events. */
export function escrowEventOf(event: HostEvent): EscrowEvent | undefined {
  if (event.event !== 'log' || event.category !== 'user' || !event.message.startsWith('{')) return undefined;
  try {
    return JSON.parse(event.message);
  } catch {
    return undefined;
  }
}

/** Fires the nightly timer as if by hand and waits until every source has had its run (through the queue with fan-out). */
export async function runNightly(
  host: FunctionsHost,
  sources: readonly EscrowSource[],
  timeoutMs: number,
): Promise<NightlyPass> {
  const since = host.events.length;
  const said = (): EscrowEvent[] => host.events.slice(since).flatMap((event) => escrowEventOf(event) ?? []);
  const runs = (): Completed[] => said().filter((line) => line.event === 'escrow.run.completed');
  const fired = host.fireTimer('nightlyEscrow').then(({ error }) => {
    if (error !== undefined && runs().length < sources.length) throw new Error(error);
  });
  const completed = host.waitFor(() => runs().length >= sources.length, { since, timeoutMs });
  // A run that cannot even begin ends the timer without completed runs; a timer that waits for its retry is not waited for.
  await Promise.race([completed, fired.then(() => completed)]);
  fired.catch(() => undefined);
  const position = (path: string): number => sources.findIndex((source) => sourcePath(source) === path);
  return {
    runs: runs().toSorted((left, right) => position(left.source) - position(right.source)),
    skipped: said().filter((line) => line.event === 'escrow.key.skipped'),
    failed: said().filter((line) => line.event === 'escrow.key.failed'),
  };
}

/** Sends one request for one key and waits for its record or its refusal. */
export async function runOnDemand(
  host: FunctionsHost,
  source: EscrowSource,
  name: string,
  send: (message: string) => Promise<{ messageId: string; insertedOn: Date }>,
): Promise<OnDemandPass> {
  const since = host.events.length;
  const message = JSON.stringify({ [source.kind === 'vault' ? 'vaultName' : 'hsmName']: source.name, name });
  const { messageId, insertedOn } = await send(message);
  const runId = requestRunId(insertedOn, messageId);
  const isAnswer = (line: EscrowEvent | undefined): boolean =>
    (line?.event === 'escrow.key.escrowed' && line.blobName === recordName(source, name, runId)) ||
    (line !== undefined && 'messageId' in line && line.messageId === messageId);
  const answer = await host.waitFor((event) => isAnswer(escrowEventOf(event)), { since, timeoutMs: 60_000 });
  const line = escrowEventOf(answer);
  if (line?.event === 'escrow.key.escrowed') return { message, runId, escrowed: line };
  return { message, runId, failure: line !== undefined && 'reason' in line ? line.reason : 'no answer' };
}

/** Fires the audit's timer as if by hand and waits for its end. @throws when no audit came about. */
export async function runAudit(host: FunctionsHost): Promise<AuditPass> {
  const since = host.events.length;
  const { error } = await host.fireTimer('escrowAudit');
  const completed = host.events
    .slice(since)
    .map(escrowEventOf)
    .find((line) => line?.event === 'escrow.audit.completed');
  if (completed === undefined) throw new Error(error ?? 'The audit ended without a word.');
  return completed;
}
