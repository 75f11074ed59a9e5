import type { Finding } from '../model/finding.ts';
import { gap } from '../model/finding.ts';
import { canaryName } from '../records/blob-names.ts';

export function notWriteOnce(what: 'overwritten' | 'deleted'): Finding {
  const remedy = `Take the right to ${what === 'deleted' ? 'delete' : 'overwrite'} blobs from the identity that backs up (infra assigns a role without it), and put an immutability policy on the container.`;
  return gap(
    'notWriteOnce',
    `The escrow is not write-once: the identity that backs up has ${what} the blob "${canaryName}".`,
    remedy,
  );
}

export function writeOnceUnproven(why: string): Finding {
  const remedy =
    'Wait for the next night, or run the function nightlyEscrow by hand; if it stays unproven, check the storage account.';
  return gap('writeOnceUnproven', `That the escrow is write-once could not be proven: ${why}.`, remedy);
}

export function canaryAltered(happened: 'replaced' | 'removed', at: string): Finding {
  const remedy =
    'Find out who did it (storage logs) and what else they changed: verify --all. Records can be overwritten or deleted there.';
  return gap('notWriteOnce', `The blob "${canaryName}", last seen as created ${at}, has been ${happened}.`, remedy);
}
