import { dayMs } from '../model/day.ts';
import { ServiceError } from '../model/service-error.ts';
import { type SourceId, sourcePath } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { readRunReport } from './run-report.ts';
import { listRuns } from './stored-run.ts';

/**
 * The certificate-backed keys of a source as its last run before a time saw them: no record of them exists, so whoever brings
 * the source back must restore their certificates by other means. The report says which, because the source may be gone.
 * @param asOf about when the newest record was written: reports of the week before are looked at.
 * @returns undefined when no report says. @throws ServiceError when none of the reports can be read.
 */
export async function certificateBackedKeys(
  store: EscrowStore,
  source: SourceId,
  asOf: Date,
  deadline: AbortSignal,
): Promise<string[] | undefined> {
  const { runs } = await listRuns(store, new Date(asOf.getTime() - 7 * dayMs), asOf, deadline);
  const reports = runs
    .filter((run) => sourcePath(run.source) === sourcePath(source))
    .flatMap((run) => run.reports)
    .filter((blob) => blob.createdAt <= asOf)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  let unreadable: ServiceError | undefined;
  for (const blob of reports) {
    try {
      const report = await readRunReport(store, blob.name, deadline);
      if (report === undefined) continue;
      return report.keys.flatMap((key) =>
        key.outcome === 'skipped' && key.reason === 'certificateBacked' ? [key.key] : [],
      );
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      unreadable ??= error;
    }
  }
  if (unreadable !== undefined) throw unreadable;
  return undefined;
}
