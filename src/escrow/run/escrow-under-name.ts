import { EscrowFault } from '../model/failure.ts';
import { isDenied } from '../model/failure-kind.ts';
import type { RunId } from '../model/run-id.ts';
import { reasonOf, ServiceError } from '../model/service-error.ts';
import type { SourceKey } from '../model/source-key.ts';
import type { EscrowStore, NewBlob } from '../ports/escrow-store.ts';
import { type PutOnce, sha256Of } from '../records/put-once.ts';
import { isOwn, type RecordSlot } from './own-records.ts';

/** Codes of failures that no retry can mend: the request has to change. */
export const nameTaken = 'blobNameTaken';
export const overwriteRefused = 'overwriteRefused';

/** A blob name that somebody chose. */
export interface ChosenName {
  /** The whole name, under `named/`. */
  readonly blobName: string;
  /** Replace what another run left under the same name. */
  readonly force: boolean;
}

/**
 * A record under a name that somebody chose has no numbers: what the same request wrote before settles it, and any other blob of
 * the name is left alone, unless the request says `force`.
 * @throws EscrowFault when the name is taken.
 */
export async function slotUnderName(
  store: EscrowStore,
  { blobName: name, force }: ChosenName,
  key: SourceKey,
  runId: RunId,
  deadline: AbortSignal,
): Promise<RecordSlot> {
  const existing = await store.find(name, deadline);
  if (existing === undefined) return { name };
  if (isOwn(existing, key, runId)) return { name, settledBy: existing };
  if (force) return { name, isTaken: true };
  const { runid } = existing.metadata;
  const owner = runid === undefined ? '' : `, written by run ${runid}`;
  throw new EscrowFault(
    nameTaken,
    `the blob "${name}" is already there${owner}`,
    'Nothing that exists is overwritten: choose another "blobName", or say "force" where the identity may overwrite.',
  );
}

/** Writes over what has the name. */
export async function replaceTaken(store: EscrowStore, blob: NewBlob, deadline: AbortSignal): Promise<PutOnce> {
  const sha256 = sha256Of(blob.bytes);
  try {
    await store.replace({ ...blob, metadata: { ...blob.metadata, sha256 } }, deadline);
    return { written: true, sha256 };
  } catch (error) {
    if (!(error instanceof ServiceError) || !(error.kind === 'writeOnce' || isDenied(error.kind))) throw error;
    throw new EscrowFault(
      overwriteRefused,
      `"force" may not replace the blob "${blob.name}": ${reasonOf(error)}`,
      'The escrow is write-once for this identity, as deployed: choose another "blobName" and leave the old record be.',
      { cause: error },
    );
  }
}
