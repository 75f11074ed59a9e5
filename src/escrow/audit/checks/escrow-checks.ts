import { count } from '../../model/count.ts';
import { dayMs } from '../../model/day.ts';
import { type Finding, finding, found, instant, someOf } from '../../model/finding.ts';
import { latestOccurrence } from '../../model/run-time.ts';
import { canaryAltered } from '../../write-once/canary.ts';
import type { AuditInputs } from '../inputs/audit-inputs.ts';
import type { DrillHistory } from '../inputs/drill-history.ts';
import { checkClock } from './clock-check.ts';

const hour = 60 * 60_000;

export interface EscrowCheckContext {
  readonly now: Date;
  readonly auditSchedule: string;
  readonly maxDrillAgeDays: number | undefined;
  readonly configured: ReadonlySet<string>;
}

export function checkEscrow(inputs: AuditInputs, context: EscrowCheckContext): Finding[] {
  return [
    ...checkClock(inputs.latest.audit, inputs.newestRunBlobAt, context.now),
    ...checkMemory(inputs, context),
    ...checkCanary(inputs),
    ...checkDrills(inputs.drills, context),
    ...checkStrangers(inputs, context.configured),
    ...checkPiles(inputs),
  ];
}

/** Whether what earlier audits saw is there. An audit without a predecessor is the first only if nothing is older. */
function checkMemory({ latest, firstReportAt }: AuditInputs, { now, auditSchedule }: EscrowCheckContext): Finding[] {
  const [newest] = latest.unreadable;
  const thisOne = latestOccurrence(auditSchedule, now);
  const before = thisOne && latestOccurrence(auditSchedule, thisOne);
  return found(
    newest &&
      finding('auditUnreadable', 'gap', {
        reason: 'the newest audits cannot be read, so this one uses an older one',
        detail: `${count(latest.unreadable.length, 'audit')}, the newest ${newest.name}: ${newest.why}`,
        remedy:
          'Find out who altered or archived it (storage logs), and compare the digests in the log (verify --chain).',
      }),
    latest.audit === undefined &&
      firstReportAt !== undefined &&
      before !== undefined &&
      firstReportAt < before &&
      finding('auditMissing', 'gap', {
        reason: 'there is no audit before this one, though runs are older than the audit that was due',
        detail: `oldest run report ${instant(firstReportAt)}, audit due ${instant(before)}`,
        remedy:
          'If no audit ran until now, nothing is lost; if the log has lines escrow.audit.completed, audits have been removed: find out who did it (storage logs). What they knew of keys is lost with them.',
      }),
  );
}

/** Every nightly run tries to overwrite and to delete the canary; it must be what the latest audit saw. */
function checkCanary({ canary, knownCanary: known }: AuditInputs): Finding[] {
  if (known === undefined) return [];
  if (canary === undefined) return [canaryAltered('removed', known.createdAt)];
  return canary.etag === known.etag ? [] : [canaryAltered('replaced', known.createdAt)];
}

function checkDrills(
  { last, tried, undecided, open, left, unreadable }: DrillHistory,
  { now, maxDrillAgeDays }: EscrowCheckContext,
): Finding[] {
  const endedAt = last && new Date(last.finishedAt);
  const abandoned = open.filter(({ createdAt }) => now.getTime() - createdAt.getTime() > hour);
  const [first] = unreadable;
  const failed = [...tried].filter(([, { isProven }]) => !isProven).map(([key]) => key);
  const stopped = [...undecided].filter(([key, at]) => at > (tried.get(key)?.at ?? '')).map(([key]) => key);
  const notProven = [...new Set([...failed, ...stopped])];
  return found(
    notProven.length > 0 &&
      finding('drillNotProven', 'warning', {
        reason: 'a restore drill did not prove keys that it tried',
        detail: `${count(notProven.length, 'key')}: ${someOf(notProven.toSorted((a, b) => a.localeCompare(b)))}`,
        remedy: 'Its receipt says why. Mend that, and drill them again by name: `keyvault-escrow drill --name`.',
      }),
    maxDrillAgeDays !== undefined &&
      (endedAt === undefined || now.getTime() - endedAt.getTime() > maxDrillAgeDays * dayMs) &&
      finding('drillOverdue', 'gap', {
        reason: 'no successful restore drill is as young as the settings ask for',
        detail: `${endedAt === undefined ? 'none is on record' : `the last ended ${instant(endedAt)}`}; one is due every ${maxDrillAgeDays} days`,
        remedy: 'Run a drill: `keyvault-escrow drill`.',
      }),
    abandoned[0] &&
      finding('drillOpen', 'gap', {
        reason: 'a restore drill began and left no receipt: keys that it restored may still be in the drill vault',
        detail: `${someOf(abandoned.map(({ name }) => name))}; began ${instant(abandoned[0].createdAt)}`,
        remedy: 'Look into the drill vault, and clean it: `keyvault-escrow drill sweep`.',
      }),
    left.length > 0 &&
      finding('drillOpen', 'gap', {
        reason: 'a restore drill left keys in the drill vault',
        detail: left.map(({ receipt, names }) => `${receipt}: ${someOf(names)}`).join('; '),
        remedy: 'Clean it: `keyvault-escrow drill sweep`.',
      }),
    first &&
      finding('receiptUnreadable', 'warning', {
        reason: 'receipts of restore drills cannot be read, and count for nothing',
        detail: `${count(unreadable.length, 'receipt')}: ${first.name}: ${first.why}`,
        remedy: 'If it is archived, rehydrate it; otherwise find out who wrote it (storage logs).',
      }),
  );
}

/** Records of sources that nobody configured, and that no audit knew. */
function checkStrangers({ latest, recordedSources }: AuditInputs, configured: ReadonlySet<string>): Finding[] {
  const known = new Set(latest.audit?.head.sources.map(({ source }) => source));
  const strangers = recordedSources.filter((source) => !configured.has(source) && !known.has(source));
  return found(
    strangers.length > 0 &&
      finding('recordsOfUnknownKeys', 'warning', {
        reason: 'there are records of sources that are not configured, and that no audit knew',
        detail: someOf(strangers),
        remedy: 'If they are not of a time before the first audit, find out who wrote them (storage logs).',
      }),
  );
}

/** What anybody can multiply who may send a request or write a blob: counted, never read. */
function checkPiles({ requests, overfull }: AuditInputs): Finding[] {
  return found(
    requests.recorded > 0 &&
      finding('requestsNotCarriedOut', 'warning', {
        reason: 'requests were not carried out since the last audit',
        detail: `${count(requests.recorded, 'request')}, among them ${requests.latest}`,
        remedy: 'See the records for why, and the poison queue for the messages.',
      }),
    overfull.length > 0 &&
      finding('tooManyBlobs', 'warning', {
        reason: 'folders hold more blobs than an audit looks at, so something in them may be overlooked',
        detail: overfull.join(', '),
        remedy: 'Find out who fills them (storage logs).',
      }),
  );
}
