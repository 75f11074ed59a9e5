import PQueue from 'p-queue';
import { callsAtOnce } from '../model/source.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import type { RestoreOutcome, RestorePorts } from './restore-key.ts';
import { isFromRecord, recoverKey, restoreRecord } from './restore-key.ts';
import type { RestoreStep } from './restore-step.ts';

/** One record of many, and what was decided about it. */
export interface PlannedRestore {
  readonly record: StoredRecord;
  readonly step: RestoreStep;
  /** Our own receipt says that an earlier pass began to restore this very record. */
  readonly begunBefore: boolean;
}

/** Told before and after each key, so that a receipt can be kept that survives the process. */
export interface RestoreWitness {
  beginning(record: StoredRecord): Promise<void>;
  ended(outcome: RestoreOutcome): Promise<void>;
}

/**
 * Carries out many restores: as many at once as the target takes, all through its one pace, none stopping another. After
 * `outOfTime` aborts nothing new begins.
 * @returns the outcomes of all that came to an end, in that order; the others are left for another pass.
 */
export async function restoreMany(
  planned: readonly PlannedRestore[],
  ports: RestorePorts,
  witness: RestoreWitness,
): Promise<RestoreOutcome[]> {
  const outcomes: RestoreOutcome[] = [];
  const queue = new PQueue({ concurrency: callsAtOnce(ports.operator.keys.source.kind) });
  let witnessFault: unknown;
  const work = planned.map((item) => async (): Promise<void> => {
    if (ports.outOfTime.aborted || witnessFault !== undefined) return;
    try {
      if (item.step.action !== 'refuse') await witness.beginning(item.record);
      const outcome = await carryOut(item, ports);
      // It was still waiting for its turn: not failed, but left for the next pass.
      if (outcome.outcome === 'failed' && outcome.code === 'outOfTime') return;
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
  const { keyName: key, blobName } = record;
  switch (step.action) {
    case 'restore':
      return restoreRecord(record, ports);
    case 'recover':
      return recoverKey(record, ports);
    case 'refuse': {
      const isTaken = step.code === 'nameTaken' || step.code === 'stillThere';
      const there = isTaken && begunBefore ? await restoredEarlier(record, ports) : undefined;
      const { action: _, ...failure } = step;
      return there ?? { key, blobName, outcome: 'failed', ...failure };
    }
  }
}

async function restoredEarlier(record: StoredRecord, ports: RestorePorts): Promise<RestoreOutcome | undefined> {
  const { keyName: key, blobName, sha256 = '' } = record;
  const { operator, outOfTime } = ports;
  const found = await operator.findKey(key, outOfTime);
  if (found === undefined || !(await isFromRecord(record, operator, outOfTime))) return undefined;
  return { key, blobName, outcome: 'alreadyThere', id: found.id, sha256 };
}
