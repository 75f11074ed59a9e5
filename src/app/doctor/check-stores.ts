import { containerNameOf, whyNotAsked } from '../../escrow/audit/inputs/storage-protection.ts';
import type { EscrowStore } from '../../escrow/ports/escrow-store.ts';
import { auditFolder, drillFolder, runPrefix } from '../../escrow/records/blob-names.ts';
import { tryCanary } from '../../escrow/write-once/canary.ts';
import { describeServiceError } from '../describe-error.ts';
import type { Task } from '../task.ts';
import { attempt, type Check, type CheckedSubject, failed, notChecked, ok, unlessRefused } from './check.ts';

/**
 * The three stores: there, readable, and that of the records really write-once, which is tried on the canary; and whether an audit
 * by this identity could say how long they keep what lies in them.
 */
export async function checkStores(task: Task): Promise<CheckedSubject[]> {
  const { store, audits, drills } = task.services;
  const [records, retention] = await Promise.all([checkReading(store, runPrefix(), task), checkRetention(task)]);
  const isReadable = records.status === 'ok';
  return [
    {
      subject: `escrow ${store.url}`,
      checks: [records, ...(isReadable ? await checkWriteOnce(store, task) : []), retention],
    },
    { subject: `audits ${audits.url}`, checks: [await checkReading(audits, auditFolder, task)] },
    { subject: `drills ${drills.url}`, checks: [await checkReading(drills, drillFolder, task)] },
  ];
}

function checkReading(store: EscrowStore, prefix: string, task: Task): Promise<Check> {
  return attempt('read', task, async () => {
    for await (const _ of store.list(prefix, task.signal)) break;
    return ok('read', 'it can be read');
  });
}

/** Asks what an audit asks. An account that is not there is a wrong setting; all else an audit does without. */
async function checkRetention(task: Task): Promise<Check> {
  const { services, signal } = task;
  const { storage, store, audits, drills } = services;
  const check = 'retention';
  if (storage === undefined) return notChecked(check, whyNotAsked(store.url));
  const look = async (): Promise<Check> => {
    const containers = [store, audits, drills].map(({ url }) => storage.protectionOf(containerNameOf(url), signal));
    await Promise.all([storage.redundancy(signal), ...containers]);
    return ok(check, 'retention and redundancy can be read');
  };
  return unlessRefused(task, look, (error) => {
    const { message, remedy } = describeServiceError(error);
    return (error.kind === 'storeAbsent' ? failed : notChecked)(check, message, remedy);
  });
}

async function checkWriteOnce(store: EscrowStore, { signal }: Task): Promise<Check[]> {
  const { overwrite, remove, message } = await tryCanary(store, signal);
  return [verdictOf('overwrite', overwrite, message), verdictOf('delete', remove, message)];
}

function verdictOf(check: 'overwrite' | 'delete', verdict: 'refused' | 'allowed' | 'unproven', message: string): Check {
  if (verdict === 'refused') return ok(check, 'refused to you; every night proves it for the app');
  if (verdict === 'unproven') return notChecked(check, message);
  return failed(
    check,
    `you could ${check} a blob of the escrow`,
    'Take Storage Blob Data Contributor or Owner away from everybody, and see that the container has an immutability policy (infra deploys both).',
  );
}
