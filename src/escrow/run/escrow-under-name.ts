import { EscrowFault } from '../model/failure.ts';
import { isDenied } from '../model/failure-kind.ts';
import type { Outcome } from '../model/outcome.ts';
import { reasonOf } from '../model/remedy.ts';
import { ServiceError } from '../model/service-error.ts';
import type { EscrowStore, NewBlob, StoredBlob } from '../ports/escrow-store.ts';
import { putOnce, sha256Of } from '../records/put-once.ts';
import type { EscrowPorts, KeyJob } from './escrow-key.ts';
import { alreadyEscrowed, backUp, escrowed, orFailed } from './escrow-key.ts';
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
    const { store, time } = ports;
    const existing = await store.find(job.blobName, time.hardDeadline);
    const settled = existingOutcome(job, existing);
    if (settled !== undefined) return settled;
    const record = { ...(await backUp(job, ports)), name: job.blobName };
    if (existing !== undefined) return replace(job, record, store, time.hardDeadline);
    const put = await putOnce(store, record, time.hardDeadline);
    if (put.written) return escrowed(job.key, record, put.sha256);
    if (isOwn(put.existing, job.key, job.runId)) return alreadyEscrowed(job.key, put.existing);
    throw takenBy(put.existing, put.refusal);
  });
}

/** What `escrowUnderName` would come to, as far as it can be seen beforehand: a name that is taken is a failure here too. */
export function dryRunUnderName(job: NamedJob, { store, time }: EscrowPorts): Promise<Outcome> {
  return orFailed(job, async () => {
    const existing = await store.find(job.blobName, time.hardDeadline);
    const wouldEscrow = { key: job.key.name, outcome: 'wouldEscrow', blobName: job.blobName } as const;
    return existingOutcome(job, existing) ?? wouldEscrow;
  });
}

/** What is known before any backup. @throws EscrowFault when another run has the name and `force` is not said. */
function existingOutcome({ key, runId, force }: NamedJob, existing: StoredBlob | undefined): Outcome | undefined {
  if (existing === undefined) return undefined;
  if (isOwn(existing, key, runId)) return alreadyEscrowed(key, existing);
  if (!force) throw takenBy(existing);
  return undefined;
}

function takenBy({ name, metadata: { runid } }: StoredBlob, cause?: ServiceError): EscrowFault {
  const owner = runid === undefined ? '' : `, written by run ${runid}`;
  const refusal = cause === undefined ? '' : `; ${reasonOf(cause)}`;
  return new EscrowFault(
    nameTaken,
    `the blob "${name}" is already there${owner}${refusal}`,
    'Nothing that exists is overwritten: choose another "blobName", or say "force" where the identity may overwrite.',
    { cause },
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
