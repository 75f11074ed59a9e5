import PQueue from 'p-queue';
import { callsAtOnce } from '../model/source.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { type RestorePorts, recoverKey, restoreRecord } from './restore-key.ts';
import type { RestoreOutcome } from './restore-outcome.ts';
import type { RestoreStep } from './restore-step.ts';

export interface PlannedRestore {
  readonly record: StoredRecord;
  readonly step: RestoreStep;
  /** Our own receipt says that an earlier pass began to restore this very record. */
  readonly begunBefore: boolean;
}

/** Called before and after each key, so that a receipt can be kept that survives the process. */
export interface RestoreWitness {
  beginning(record: StoredRecord): Promise<void>;
  ended(outcome: RestoreOutcome): Promise<void>;
}

/**
 * Carries out many restores: as many at once as the target takes, all through its one pace, one by one through a quarantine.
 * No failure stops another key, but the first stranger stops all: whoever planted one may have planted more. After
 * `softDeadline` aborts nothing new begins.
 * @returns the outcomes of all that came to an end, in that order; the others are left for another pass.
 */
export async function restoreMany(
  planned: readonly PlannedRestore[],
  ports: RestorePorts,
  witness: RestoreWitness,
): Promise<RestoreOutcome[]> {
  const outcomes: RestoreOutcome[] = [];
  const atOnce = ports.quarantine === undefined ? callsAtOnce(ports.operator.keys.source.kind) : 1;
  const queue = new PQueue({ concurrency: atOnce });
  let witnessFault: unknown;
  let isStopped = false;
  const work = planned.map((item) => async (): Promise<void> => {
    if (ports.softDeadline.aborted || witnessFault !== undefined || isStopped) return;
    try {
      if (item.step.action !== 'refuse') await witness.beginning(item.record);
      const outcome = await carryOut(item, ports);
      // It was still waiting for its turn: not failed, but left for the next pass.
      if (outcome.outcome === 'failed' && outcome.code === 'outOfTime') return;
      if (outcome.outcome === 'stranger') isStopped = true;
      outcomes.push(outcome);
      await witness.ended(outcome);
    } catch (error) {
      // Without a receipt nothing more is begun.
      witnessFault ??= error;
    }
  });
  await queue.addAll(work);
  if (witnessFault !== undefined) throw witnessFault;
  return outcomes;
}

async function carryOut({ record, step, begunBefore }: PlannedRestore, ports: RestorePorts): Promise<RestoreOutcome> {
  switch (step.action) {
    case 'restore':
      return restoreRecord(record, ports, begunBefore);
    case 'recover':
      return recoverKey(record, ports);
    case 'refuse': {
      // The name may be taken by our own restore: the service, asked again, says which key it is.
      if (isTaken(step) && begunBefore) return restoreRecord(record, ports, begunBefore);
      const { keyName: key, blobName } = record;
      const { action: _, ...failure } = step;
      return { key, blobName, outcome: 'failed', ...failure };
    }
  }
}

/** Whether a refusal is about an active key that has the name. */
export function isTaken({ code }: Extract<RestoreStep, { action: 'refuse' }>): boolean {
  return code === 'nameTaken' || code === 'stillThere';
}
