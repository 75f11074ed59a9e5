import { EscrowFault } from '../model/failure.ts';
import { isDenied } from '../model/failure-kind.ts';
import type { Outcome } from '../model/outcome.ts';
import { reasonOf, ServiceError } from '../model/service-error.ts';
import type { EscrowStore, NewBlob, StoredBlob } from '../ports/escrow-store.ts';
import { putOnce, sha256Of } from '../records/put-once.ts';
import {
  alreadyEscrowed,
  backUp,
  type EscrowPorts,
  escrowed,
  type KeyJob,
  orFailed,
  wouldEscrow,
} from './escrow-key.ts';
import { isOwn } from './own-records.ts';

/** Codes of failures that no retry can mend: the request has to change. */
export const nameTaken = 'blobNameTaken';
export const overwriteRefused = 'overwriteRefused';

export interface NamedJob extends KeyJob {
  /** The blob's whole name, under `named/`. */
  readonly blobName: string;
  /** Replace what another run left under the same name. */
  readonly force: boolean;
}

/**
 * Backs up one key under a name that somebody chose. Such a record has no numbers: what the same request wrote before settles it,
 * and any other blob of the name is left alone, unless the request says `force`.
 */
export function escrowUnderName(job: NamedJob, ports: EscrowPorts): Promise<Outcome> {
  return orFailed(job, async () => {
    const { key, runId, blobName } = job;
    const { store, time } = ports;
    const existing = await store.find(blobName, time.hardDeadline);
    if (existing !== undefined && isOwn(existing, key, runId)) return alreadyEscrowed(key, existing);
    if (existing !== undefined && !job.force) throw takenBy(existing);
    if (job.whatIf) return wouldEscrow(key, blobName);
    const record = { ...(await backUp(job, ports)), name: blobName };
    if (existing !== undefined) return replace(job, record, store, time.hardDeadline);
    const put = await putOnce(store, record, time.hardDeadline);
    if (put.written) return escrowed(key, record, put.sha256);
    if (isOwn(put.existing, key, runId)) return alreadyEscrowed(key, put.existing);
    throw takenBy(put.existing);
  });
}

function takenBy({ name, metadata: { runid } }: StoredBlob): EscrowFault {
  const owner = runid === undefined ? '' : `, written by run ${runid}`;
  return new EscrowFault(
    nameTaken,
    `the blob "${name}" is already there${owner}`,
    'Nothing that exists is overwritten: choose another "blobName", or say "force" where the identity may overwrite.',
  );
}

async function replace(job: NamedJob, blob: NewBlob, store: EscrowStore, deadline: AbortSignal): Promise<Outcome> {
  const sha256 = sha256Of(blob.bytes);
  try {
    await store.replace({ ...blob, metadata: { ...blob.metadata, sha256 } }, deadline);
  } catch (error) {
    if (!(error instanceof ServiceError) || !(error.kind === 'writeOnce' || isDenied(error.kind))) throw error;
    throw new EscrowFault(
      overwriteRefused,
      `"force" may not replace the blob "${job.blobName}": ${reasonOf(error)}`,
      'The escrow is write-once for this identity, as deployed: choose another "blobName" and leave the old record be.',
      { cause: error },
    );
  }
  return escrowed(job.key, blob, sha256);
}
