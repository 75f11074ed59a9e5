import type { Finding } from '../model/finding.ts';
import { finding } from '../model/finding.ts';
import { canaryName } from '../records/blob-names.ts';

export function notWriteOnce(what: 'overwritten' | 'deleted'): Finding {
  return finding('notWriteOnce', 'gap', {
    reason: `the escrow is not write-once: the backup identity has ${what} the canary`,
    detail: canaryName,
    remedy: `Take the right to ${what === 'deleted' ? 'delete' : 'overwrite'} blobs from the backup identity (infra assigns a role without it), and put an immutability policy on the container.`,
  });
}

export function writeOnceUnproven(why: string): Finding {
  return finding('writeOnceUnproven', 'gap', {
    reason: 'that the escrow is write-once could not be proven',
    detail: why,
    remedy:
      'Wait for the next night, or run the function nightlyEscrow by hand; if it stays unproven, check the storage account.',
  });
}

/** An audit found the canary other than it was. */
export function canaryAltered(happened: 'replaced' | 'removed', createdAt: string): Finding {
  return finding('notWriteOnce', 'gap', {
    reason: 'the escrow is not write-once: its canary is not what it was',
    detail: `${canaryName}, created ${createdAt}, has been ${happened}`,
    remedy:
      'Records can be overwritten or deleted there: find out who did it (storage logs) and what else they changed (`keyvault-escrow verify --all`).',
  });
}
