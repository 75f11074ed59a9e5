import { type Finding, finding, found, instant } from '../../model/finding.ts';
import { timeMargin } from '../../model/run-id.ts';
import type { StoredAudit } from '../../records/stored-audits.ts';

const remedy =
  'Set the clock of whatever audits (of the app: report it to Azure support), then audit again: until then a backup seems younger than it is.';

/**
 * Whether the clock that ages are measured by is behind the storage's: old backups would seem fresh. One that is ahead shows by
 * itself. Nobody can choose when the storage says that a blob was created.
 * @param newestAt creation of the newest blob seen of any run.
 */
export function checkClock(latest: StoredAudit | undefined, newestAt: Date | undefined, now: Date): Finding[] {
  const newest = Math.max(latest?.createdAt.getTime() ?? 0, newestAt?.getTime() ?? 0);
  const isBehind = newest > now.getTime() + timeMargin;
  const savedLateMs = latest === undefined ? 0 : latest.createdAt.getTime() - Date.parse(latest.head.finishedAt);
  return found(
    isBehind &&
      finding('clockBehind', 'gap', {
        reason: 'the clock here is behind that of the storage, so that ages are wrong',
        detail: `it is ${instant(now)} here, and there is a blob of ${instant(new Date(newest))}`,
        remedy,
      }),
    !isBehind &&
      latest !== undefined &&
      savedLateMs > timeMargin &&
      finding('clockBehind', 'warning', {
        reason:
          'the last audit was stored long after it ended by its own clock: that was behind, or the audits were copied',
        detail: `it ended ${instant(new Date(latest.head.finishedAt))}, and was stored ${instant(latest.createdAt)}`,
        remedy,
      }),
  );
}
