import type { Services } from '../../src/app/services.ts';
import { witnessVersions } from '../../src/escrow/coverage/witness.ts';
import { sourcePath } from '../../src/escrow/model/source.ts';
import { reportPage } from '../../src/escrow/page/report-page.ts';
import type { WitnessedVersions } from '../../src/escrow/records/audit-document.ts';
import { inParallel } from '../../src/escrow/records/bounded-read.ts';
import { readLatestAudit, saveAudit, savePage } from '../../src/escrow/records/stored-audits.ts';

/**
 * Leaves what a month of audits leaves. Each witnesses the versions of a part of the keys, so after some weeks every version has
 * been read once and for all. Here the newest audit is written again with all of them witnessed.
 */
export async function leaveMonthOfAudits({ settings, audits, keysOf, now, timeBudget }: Services): Promise<void> {
  const { softDeadline, hardDeadline } = timeBudget();
  const { audit: latest } = await readLatestAudit(audits, softDeadline);
  if (latest === undefined) throw new Error('There is no audit to go on from.');
  const witnessed = new Map<string, WitnessedVersions>();
  const budget = { left: Number.POSITIVE_INFINITY };
  for (const source of settings.sources) {
    const keys = keysOf(source);
    await inParallel(await Array.fromAsync(keys.listKeys(softDeadline)), 16, async (key) => {
      const versions = await witnessVersions(keys, key, undefined, budget, now(), softDeadline);
      if (versions !== undefined) witnessed.set(`${sourcePath(source)}/${key.name}`, versions);
    });
  }
  const keys = latest.head.sources.flatMap(({ source }) =>
    [...latest.keysOf(source)].map((key) => {
      const versions = witnessed.get(`${source}/${key.key}`);
      return { ...key, ...(versions && { versions }) };
    }),
  );
  const audit = { ...latest.head, keys };
  const saved = await saveAudit(audits, audit, hardDeadline);
  await savePage(audits, saved, Buffer.from(reportPage(audit, saved)), hardDeadline);
}
