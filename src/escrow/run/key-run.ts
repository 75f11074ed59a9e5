import { describeFailure } from '../model/failure.ts';
import { failedOutcome, type Outcome } from '../model/outcome.ts';
import { skipMessages, skipReasonOf } from '../model/selection.ts';
import { namedRecordName } from '../records/blob-names.ts';
import { escrowKey, type Job } from './escrow-key.ts';
import { logOutcome } from './outcome-log.ts';
import type { RunPorts } from './source-run.ts';

export interface NamedKeyJob extends Job {
  readonly name: string;
  /** Where the record goes under `named/`, instead of the key's own folder. */
  readonly blobName?: string | undefined;
  readonly force: boolean;
  /** An event obeys the settings' selection; a person may ask for a key that it excludes. */
  readonly obeysSelection: boolean;
}

/**
 * Escrows one key by name. It reads the key first, for its metadata and because a certificate-backed key is skipped, not
 * failed. Needs no report: a record, or the failure that is returned, says it all.
 */
export async function runNamedKey(job: NamedKeyJob, ports: RunPorts): Promise<Outcome> {
  const outcome = await outcomeOf(job, ports);
  logOutcome(ports.log, job.runId, job.source, outcome);
  return outcome;
}

async function outcomeOf(job: NamedKeyJob, ports: RunPorts): Promise<Outcome> {
  const { source, name, runId, trigger, blobName, force, whatIf } = job;
  const failed = (error: unknown) => failedOutcome(name, describeFailure(error, 'read', source, name));
  const key = await ports.keys.getKey(name, ports.time.softDeadline).catch(failed);
  if ('outcome' in key) return key;
  const everyKey = { ...source, keys: ['*'], except: [], retired: [] };
  const reason = skipReasonOf(job.obeysSelection ? source : everyKey, key);
  if (reason !== undefined) return { key: key.name, outcome: 'skipped', reason, message: skipMessages[reason] };
  const chosenName = blobName === undefined ? undefined : { blobName: namedRecordName(blobName), force };
  return escrowKey({ source, key, runId, trigger, lookFirst: true, whatIf, chosenName }, ports);
}
