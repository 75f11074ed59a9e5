import { beforeEach, describe, expect, test } from 'vitest';
import type { Audit } from '../../../src/escrow/audit/audit-document.ts';
import { verifyChain } from '../../../src/escrow/audit/evidence-chain.ts';
import { type AuditWorld, createAuditWorld, day, hour } from '../../support/audit-world.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';

const dayOne = Date.parse('2026-11-01T02:00:00Z');
let escrow: AuditWorld;

beforeEach(() => {
  escrow = createAuditWorld(escrowSource('vault', 'contoso-prod'), new Date(dayOne - 10 * day));
  for (const name of ['signing', 'payroll']) escrow.addKey(name);
});

async function passDay(index: number): Promise<Audit> {
  escrow.night(new Date(dayOne + index * day));
  return auditOf(index);
}

function auditOf(index: number, hours = 4): Promise<Audit> {
  escrow.now = new Date(dayOne + index * day + hours * hour);
  return escrow.audit();
}

const auditName = (index: number, form: 'json' | 'html' = 'json', hours = 4): string =>
  `audits/${new Date(dayOne + index * day + hours * hour).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z.${form}`;
const reportName = (index: number): string =>
  `runs/${auditName(index, 'json', 0).slice('audits/'.length, -'.json'.length)}/vaults/contoso-prod.json`;

const contentOf = (name: string): string => Buffer.from(escrow.blobs.get(name)?.bytes ?? '').toString();
const found = ({ findings }: Pick<Audit, 'findings'>): string[] =>
  findings.map(({ finding, message }) => `${finding} ${/"([^"]*)"/.exec(message)?.[1] ?? ''}`.trim());
const verify = async (): Promise<string[]> => found(await verifyChain(escrow.stores, escrow.now, noLimit));

describe('an audit that cannot be gone by', () => {
  const forgeries: readonly [string, (audit: string) => string][] = [
    ['is no audit', () => '{"format":"x"}'],
    ['says that a record is null', (audit) => audit.replace(/"record":\{[^}]*\}/, '"record":null')],
    ['began at no time', (audit) => audit.replace(/"startedAt":"[^"]*"/, '"startedAt":"x"')],
    ['names a blob that is no evidence', (audit) => audit.replace(/"name":"runs[^"]*"/, '"name":"../x"')],
  ];

  test.each(forgeries)('is stepped over, and told: it %s', async (_, spoil) => {
    await passDay(0);
    await passDay(1);
    escrow.keys.delete('payroll');
    escrow.forge(auditName(1), spoil(contentOf(auditName(1))), new Date(dayOne + day + 4 * hour));
    const audit = await passDay(2);
    // What the audits before it knew still stands: the key is missed.
    expect(found(audit)).toEqual(['keyGone payroll', `chainUnreadable ${auditName(1)}`]);
    expect(audit.chain.previous?.name).toBe(auditName(0));
    expect(audit.chain.evidence.map(({ name }) => name)).toEqual(
      expect.arrayContaining([auditName(1), auditName(1, 'html'), reportName(1), reportName(2)]),
    );
    expect(found(await passDay(3))).toEqual(['keyGone payroll']);
    expect(await verify()).toEqual([`chainUnreadable ${auditName(1)}`]);
  });

  test('is stepped over when the digest beside it is another', async () => {
    await passDay(0);
    await passDay(1);
    const blob = escrow.blobs.get(auditName(1));
    const bytes = Buffer.from(contentOf(auditName(1)).replace('"signing"', '"sliding"'));
    if (blob !== undefined) escrow.blobs.set(blob.name, { ...blob, bytes });
    const audit = await passDay(2);
    expect(found(audit)).toEqual([`evidenceAltered ${auditName(1)}`]);
    expect(audit.chain.previous?.name).toBe(auditName(0));
  });

  test('has changed once more when it is put back', async () => {
    await passDay(0);
    await passDay(1);
    const [content, createdAt] = [contentOf(auditName(1)), new Date(dayOne + day + 4 * hour)];
    escrow.forge(auditName(1), '{}', createdAt);
    await passDay(2);
    escrow.forge(auditName(1), content, createdAt);
    expect(found(await passDay(3))).toEqual([`evidenceAltered ${auditName(1)}`]);
    expect(await verify()).toEqual([`evidenceAltered ${auditName(1)}`]);
  });

  test('leaves a chain that begins anew when there is no other, and what it knew is worked out anew', async () => {
    await passDay(0);
    escrow.forge(auditName(0), '{}', new Date(dayOne + 4 * hour));
    const audit = await passDay(1);
    expect(found(audit)).toEqual([`chainUnreadable ${auditName(0)}`]);
    expect(audit.totals).toMatchObject({ keys: 2, restorable: 2 });
    expect(audit.chain.previous).toBeUndefined();
    expect(await verify()).toEqual([`chainUnreadable ${auditName(0)}`]);
  });

  test('cannot put anything off by a time in the future', async () => {
    await passDay(0);
    escrow.addKey('orders');
    await auditOf(0, 6);
    const later = '9999-01-01T00:00:00.000Z';
    const forged = JSON.parse(contentOf(auditName(0, 'json', 6)));
    forged.drill = { receipt: 'drills/20261101T050000Z.json', finishedAt: later, keys: 1 };
    for (const key of forged.sources[0].keys) key.firstSeenAt = later;
    escrow.forge(auditName(0, 'json', 6), JSON.stringify(forged), new Date(dayOne + 6 * hour));
    const audit = await auditOf(0, 9);
    expect(audit.drill).toBeUndefined();
    escrow.night(new Date(dayOne + day), { fail: ['orders'] });
    expect(found(await auditOf(1))).toContain('neverEscrowed orders');
  });
});

describe('the chain', () => {
  test('holds the page of the audit before: an altered or removed one is found by the next audit', async () => {
    await passDay(0);
    await passDay(1);
    const page = contentOf(auditName(0, 'html'));
    escrow.forge(auditName(0, 'html'), 'all is well', new Date(dayOne + 4 * hour));
    expect(found(await auditOf(1, 5))).toEqual([`evidenceAltered ${auditName(0, 'html')}`]);
    expect(await verify()).toEqual([`evidenceAltered ${auditName(0, 'html')}`]);
    escrow.forge(auditName(0, 'html'), page, new Date(dayOne + 4 * hour));
    expect(await verify()).toEqual([]);
    escrow.lose(auditName(0, 'html'));
    expect(await verify()).toEqual([`evidenceMissing ${auditName(0, 'html')}`]);
  });

  test('lists what is new, and the newest once more where nothing is, but never all of it', async () => {
    const listed = ({ chain }: Audit): string[] =>
      chain.evidence.map(({ name }) => name).filter((name) => /^runs/.test(name));
    await passDay(0);
    expect(listed(await passDay(1))).toEqual([reportName(1)]);
    expect(listed(await auditOf(1, 12))).toEqual([reportName(1)]);
    expect(listed(await passDay(2))).toEqual([reportName(2)]);
  });

  test('finds what was altered and put back, when an audit in between has listed it as altered', async () => {
    const report = reportName(0);
    escrow.night(new Date(dayOne));
    await auditOf(0, 0.2);
    const content = contentOf(report);
    const [createdAt] = [...escrow.blobs.values()].filter(({ name }) => name === report).map((blob) => blob.createdAt);
    escrow.forge('requests/one.json', '{}');
    await auditOf(0, 0.4);
    escrow.forge(report, `${content} `, createdAt);
    await auditOf(0, 0.6);
    escrow.forge(report, content, createdAt);
    expect(await verify()).toEqual([`evidenceAltered ${report}`]);
  });

  test('finds that what is new does not have the digest beside it', async () => {
    await passDay(0);
    escrow.night(new Date(dayOne + day));
    const blob = escrow.blobs.get(reportName(1));
    if (blob !== undefined) escrow.blobs.set(blob.name, { ...blob, bytes: Buffer.from(`${contentOf(blob.name)} `) });
    expect(found(await auditOf(1))).toEqual([`evidenceAltered ${reportName(1)}`]);
  });

  test('has each audit look at the one before the one before it', async () => {
    for (const index of [0, 1, 2]) await passDay(index);
    escrow.lose(auditName(1));
    expect(found(await passDay(3))).toEqual([`evidenceMissing ${auditName(1)}`]);
    escrow.lose(auditName(1, 'html'));
    escrow.forge(auditName(2), contentOf(auditName(2)), new Date(dayOne + 2 * day + 4 * hour));
    expect(await verify()).toContain(`evidenceMissing ${auditName(1)}`);
  });

  test('shows by its page that the newest audit was removed', async () => {
    await passDay(0);
    await passDay(1);
    escrow.lose(auditName(1));
    expect(await verify()).toEqual([`evidenceMissing ${auditName(1)}`]);
    expect(found(await passDay(2))).toContain(`evidenceMissing ${auditName(1)}`);
  });

  test('shows by the schedule that the newest audit was removed with its page', async () => {
    await passDay(0);
    await passDay(1);
    escrow.lose(auditName(1));
    escrow.lose(auditName(1, 'html'));
    const audit = await passDay(2);
    expect(found(audit)).toEqual(['auditMissing']);
    expect(audit.findings[0]?.message).toContain('2026-11-02 06:00 UTC');
    expect(found(await passDay(3))).toEqual([]);
    // That it is missing stays seen, and that nothing has come since is a gap.
    const seen = async () =>
      (await verifyChain(escrow.stores, escrow.now, noLimit)).findings.map(({ finding, severity }) => [
        finding,
        severity,
      ]);
    expect(await seen()).toEqual([['auditMissing', 'warning']]);
    escrow.now = new Date(dayOne + 4 * day + 4.5 * hour);
    expect(await seen()).toEqual([['auditMissing', 'warning']]);
    escrow.now = new Date(dayOne + 4 * day + 6 * hour);
    expect(await seen()).toEqual([
      ['auditMissing', 'warning'],
      ['auditMissing', 'gap'],
    ]);
  });

  test('says how many audits are missing after a long stop', async () => {
    await passDay(0);
    const audit = await passDay(6);
    const missing = audit.findings.find(({ finding }) => finding === 'auditMissing');
    expect(missing?.message).toContain('No audit is there of 2026-11-02 06:00 UTC, when one was due and 4 more;');
  });

  test('misses the audit that was due, though one was made by hand shortly before it', async () => {
    await passDay(0);
    escrow.night(new Date(dayOne + day));
    await auditOf(1, 3.5);
    await auditOf(1);
    for (const form of ['json', 'html'] as const) escrow.lose(auditName(1, form));
    expect(found(await passDay(2))).toEqual(['auditMissing']);
  });

  test('says nothing of missing audits once their schedule has changed', async () => {
    await passDay(0);
    escrow.auditSchedule = '0 0 20 * * *';
    escrow.night(new Date(dayOne + day));
    escrow.night(new Date(dayOne + 2 * day));
    expect(found(await auditOf(2, 18))).toEqual([]);
    escrow.night(new Date(dayOne + 3 * day));
    expect(found(await auditOf(3, 18))).toEqual([]);
    escrow.night(new Date(dayOne + 4 * day));
    escrow.night(new Date(dayOne + 5 * day));
    expect(found(await auditOf(5, 18))).toEqual(['auditMissing']);
  });

  test('misses no audit that comes hours late or a second early, nor one made by hand', async () => {
    escrow.night(new Date(dayOne));
    await auditOf(0, 4 - 1 / 3600);
    escrow.night(new Date(dayOne + day));
    expect(found(await auditOf(1, 9))).toEqual([]);
    expect(found(await auditOf(1, 11))).toEqual([]);
    expect(found(await passDay(2))).toEqual([]);
  });

  test.each([
    ['a second early, then late', '0 */10 * * * *', ['13:49:59', '14:00:01']],
    ['six minutes late', '0 */15 * * * *', ['04:15:01', '04:36:00']],
    ['five minutes late', '0 */5 * * * *', ['04:10:01', '04:19:00']],
    ['nearly an hour late', '0 0 * * * *', ['05:00:01', '06:55:00']],
  ])('misses none of many audits a day that come %s', async (_, schedule, times) => {
    escrow.auditSchedule = schedule;
    escrow.schedule = '0 0 0 1 1 *';
    const told: string[] = [];
    for (const time of times) {
      escrow.now = new Date(`2026-11-01T${time}Z`);
      told.push(...found(await escrow.audit()).filter((one) => one === 'auditMissing'));
    }
    expect(told).toEqual([]);
    expect(await verify()).toEqual([]);
  });

  test('lists audits that ran side by side, which do not know each other', async () => {
    await passDay(0);
    escrow.night(new Date(dayOne + day));
    escrow.now = new Date(dayOne + day + 4 * hour);
    const held = new Map(escrow.blobs);
    await escrow.audit();
    const first = [...escrow.blobs].filter(([name]) => !held.has(name));
    for (const [name] of first) escrow.lose(name);
    escrow.now = new Date(dayOne + day + 4 * hour + 60_000);
    await escrow.audit();
    for (const [name, blob] of first) escrow.forge(name, blob.bytes.toString(), blob.createdAt);
    for (const index of [2, 3]) expect(found(await passDay(index))).toEqual([]);
    expect(await verify()).toEqual([]);
  });

  test("shows somebody's own branch, which leaves out an audit that was there", async () => {
    await passDay(0);
    await passDay(1);
    const branch = 'audits/20261102T180000Z.json';
    escrow.now = new Date('2026-11-02T18:00:00Z');
    escrow.forge(branch, contentOf(auditName(1)).replace('20261102T060000Z', '20261102T180000Z'));
    escrow.forge(branch.replace('.json', '.html'), 'page');
    const audit = await passDay(2);
    expect(found(audit)).toEqual([`evidenceUnlisted ${branch}`]);
    expect(audit.findings[0]?.message).toContain(`"${auditName(1, 'html')}" and 1 older`);
    expect(await verify()).toEqual([`evidenceUnlisted ${branch}`]);
  });

  test('shows a new beginning that leaves out all that was before', async () => {
    await passDay(0);
    escrow.now = new Date(dayOne + 20 * hour);
    const forged = JSON.parse(contentOf(auditName(0)));
    delete forged.chain.previous;
    escrow.forge('audits/20261101T220000Z.json', JSON.stringify(forged));
    expect(await verify()).toEqual(['evidenceUnlisted audits/20261101T220000Z.json']);
  });

  test('shows an audit that was put under the name of another year', async () => {
    await passDay(0);
    escrow.now = new Date(dayOne + 20 * hour);
    escrow.forge('audits/20200101T000000Z.json', contentOf(auditName(0)));
    const audit = await passDay(1);
    expect(audit.chain.previous?.name).toBe('audits/20200101T000000Z.json');
    expect(found(audit)).toEqual([
      'evidenceUnlisted audits/20200101T000000Z.json',
      'pageMissing audits/20200101T000000Z.html',
    ]);
  });

  test('shows that the page of the newest audit was removed, once it cannot be on its way any more', async () => {
    await passDay(0);
    escrow.lose(auditName(0, 'html'));
    expect(await verify()).toEqual([]);
    escrow.now = new Date(dayOne + 4 * hour + 10 * 60_000);
    expect(await verify()).toEqual([`pageMissing ${auditName(0, 'html')}`]);
    const audit = await passDay(1);
    expect([found(audit), audit.status]).toEqual([[`pageMissing ${auditName(0, 'html')}`], 'ok']);
  });

  test('misses nothing that came between two looks of one audit', async () => {
    await passDay(0);
    escrow.night(new Date(dayOne + day));
    escrow.now = new Date(dayOne + day + 4 * hour);
    // A report comes when the runs have been listed; a lost request, which is listed later, is younger.
    const late = reportName(1).replace('020000Z', '055900Z');
    const list = escrow.container.list;
    let looks = 0;
    Object.assign(escrow.container, {
      async *list(prefix: string, outOfTime: AbortSignal) {
        if (prefix === 'requests/' && looks++ === 0) {
          escrow.forge(
            late,
            contentOf(reportName(1)).replaceAll('020000Z', '055900Z'),
            new Date(escrow.now.getTime() - 2000),
          );
          escrow.forge('requests/late.json', '{}', new Date(escrow.now.getTime() - 1000));
        }
        yield* list(prefix, outOfTime);
      },
    });
    const listed = async (audit: Promise<Audit>) => (await audit).chain.evidence.map(({ name }) => name);
    const first = await listed(escrow.audit());
    expect([first.includes('requests/late.json'), first.includes(late)]).toEqual([true, false]);
    expect(await listed(passDay(2))).toContain(late);
  });
});

describe('a blob that is larger than any of its kind', () => {
  test('does not begin at the size of a report where it is an audit', async () => {
    await passDay(0);
    const blob = escrow.blobs.get(auditName(0));
    if (blob !== undefined) escrow.blobs.set(blob.name, { ...blob, length: 200 * 1024 ** 2 });
    expect(found(await passDay(1))).toEqual([]);
    expect(found(await passDay(2))).toEqual([]);
  });

  test('is never read whole, and stops no audit', async () => {
    await passDay(0);
    const huge = ['audits/20261101T120000Z.json', 'drills/20261101T120000Z.json', 'requests/huge.json'];
    for (const name of huge) {
      escrow.forge(name, 'x', new Date(dayOne + 10 * hour));
      const blob = escrow.blobs.get(name);
      if (blob !== undefined) escrow.blobs.set(name, { ...blob, length: 5 * 1024 ** 3 });
    }
    const audit = await passDay(1);
    expect(found(audit).toSorted((a, b) => a.localeCompare(b))).toEqual([
      `chainUnreadable ${huge[0]}`,
      `evidenceAltered ${huge[1]}`,
      `evidenceAltered ${huge[2]}`,
      'pageMissing audits/20261101T120000Z.html',
    ]);
    expect(audit.chain.evidence.map(({ name }) => name)).toEqual(expect.arrayContaining(huge));
    expect(found(await passDay(2))).toEqual([]);
  });
});

describe('a forged drill receipt', () => {
  test.each(['{"format":"keyvault-escrow/drill/1","status":"ok","keys":[null]}', 'null', '{'])(
    'stops no audit and proves nothing: %s',
    async (content) => {
      await passDay(0);
      escrow.forge('drills/20261102T000000Z.json', content, new Date(dayOne + 20 * hour));
      const audit = await passDay(1);
      expect(audit.drill).toBeUndefined();
      expect(audit.chain.evidence.map(({ name }) => name)).toContain('drills/20261102T000000Z.json');
    },
  );
});
