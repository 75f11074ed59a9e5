import PQueue from 'p-queue';
import type { Services } from '../../src/app/services.ts';
import { keepAudit, keepPage } from '../../src/escrow/audit/audit-record.ts';
import { readAuditTrail } from '../../src/escrow/audit/audit-trail.ts';
import type { WitnessedVersions } from '../../src/escrow/audit/witness.ts';
import { witnessVersions } from '../../src/escrow/audit/witness.ts';
import { sourcePath } from '../../src/escrow/model/source-path.ts';
import { reportPage } from '../../src/escrow/page/report-page.ts';

/**
 * Leaves what a month of audits leaves. Each witnesses the versions of a thirtieth of the keys, so after thirty days every
 * version has been read once and for all. Here the newest audit is written again with all of them witnessed.
 */
export async function leaveMonthOfAudits({ settings, container, keysOf, now, timeBudget }: Services): Promise<void> {
  const { outOfTime, lastCall } = timeBudget();
  const newest = (await readAuditTrail(container, now(), outOfTime)).newest?.audit;
  if (newest === undefined) throw new Error('There is no audit to go on from.');
  const witnessed = new Map<string, WitnessedVersions>();
  const queue = new PQueue({ concurrency: 16 });
  for (const source of settings.sources) {
    const keys = keysOf(source);
    for await (const key of keys.listKeys(outOfTime)) {
      void queue.add(async () => {
        const versions = await witnessVersions(keys, { key, known: undefined }, now(), outOfTime);
        witnessed.set(`${sourcePath(source)}/${key.name}`, versions);
      });
    }
  }
  await queue.onIdle();
  const sources = newest.sources.map((source) => ({
    ...source,
    keys: source.keys.map((key) => {
      const versions = witnessed.get(`${source.source}/${key.key}`);
      return { ...key, ...(versions && { versions }) };
    }),
  }));
  const audit = { ...newest, sources };
  const kept = await keepAudit(container, audit, lastCall);
  await keepPage(container, kept, reportPage(audit, kept), lastCall);
}
