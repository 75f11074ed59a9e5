import { messageOf } from '../model/failure.ts';
import { isDenied } from '../model/failure-kind.ts';
import { type Finding, finding, found } from '../model/finding.ts';
import { reasonOf, ServiceError } from '../model/service-error.ts';
import type { EscrowStore, NewBlob } from '../ports/escrow-store.ts';
import { canaryName } from '../records/blob-names.ts';
import { putOnce } from '../records/put-once.ts';

const canary: NewBlob = {
  name: canaryName,
  bytes: Buffer.from('Each night tries to overwrite and to delete this blob. Both must be refused.\n'),
  contentType: 'text/plain; charset=utf-8',
  metadata: {},
};

type Answer = 'refused' | 'allowed' | 'unproven';

/** What came of trying to overwrite and to delete the canary. */
export interface CanaryTrial {
  readonly overwrite: Answer;
  readonly remove: Answer;
  /** What the service said, where something is unproven. */
  readonly message: string;
}

/**
 * Tries whether the escrow is write-once by doing the opposite, on a blob that holds nothing. Refused is good. The identity that
 * writes the records does it every night; an audit, which has another identity, sees whether the canary stayed as it was. Never
 * rejects.
 */
export async function tryCanary(store: EscrowStore, deadline: AbortSignal): Promise<CanaryTrial> {
  const messages: string[] = [];
  const attempt = async (operation: () => Promise<unknown>): Promise<Answer> => {
    try {
      await operation();
      return 'allowed';
    } catch (error) {
      if (isRefusal(error)) return 'refused';
      messages.push(wordsOf(error));
      return 'unproven';
    }
  };
  try {
    if ((await store.find(canaryName, deadline)) === undefined) await putOnce(store, canary, deadline);
  } catch (error) {
    return { overwrite: 'unproven', remove: 'unproven', message: `the canary cannot be put: ${wordsOf(error)}` };
  }
  const overwrite = await attempt(() => store.replace(canary, deadline));
  const remove = await attempt(() => store.remove(canaryName, deadline));
  return { overwrite, remove, message: messages.join('; ') };
}

export function trialFindings({ overwrite, remove, message }: CanaryTrial): Finding[] {
  return found(
    overwrite === 'allowed' && notWriteOnce('overwritten'),
    remove === 'allowed' && notWriteOnce('deleted'),
    (overwrite === 'unproven' || remove === 'unproven') && writeOnceUnproven(message),
  );
}

/** No right to, or write-once by policy. A lease, a firewall or a condition refuses too, and proves nothing of the records. */
function isRefusal(error: unknown): boolean {
  return error instanceof ServiceError && (error.kind === 'writeOnce' || isDenied(error.kind));
}

function wordsOf(error: unknown): string {
  return error instanceof ServiceError ? reasonOf(error) : messageOf(error);
}

function notWriteOnce(what: 'overwritten' | 'deleted'): Finding {
  return finding('notWriteOnce', 'gap', {
    reason: `the escrow is not write-once: the backup identity has ${what} the canary`,
    detail: canaryName,
    remedy: `Take the right to ${what === 'deleted' ? 'delete' : 'overwrite'} blobs from the backup identity (infra assigns a role without it), and put an immutability policy on the container.`,
  });
}

function writeOnceUnproven(why: string): Finding {
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
