import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { RestorePlace } from '../../../src/escrow/model/source.ts';
import { recordName, reportName } from '../../../src/escrow/records/blob-names.ts';
import { auditAt, found, keyIn, night, passNight, startEscrow } from '../../support/audit-nights.ts';
import { noLimit } from '../../support/escrow-sources.ts';

describe('keys that go at once', () => {
  const keys = Array.from({ length: 20 }, (_, index) => `key-${String(index).padStart(2, '0')}`);
  const others = Array.from({ length: 10 }, (_, index) => `tmp-${index}`);

  test.each([
    [2, []],
    [3, ['sourceShrank']],
  ])('%i of 20 that are to be escrowed', async (count, expected) => {
    const escrow = startEscrow({ except: ['tmp-*'] }, [...keys, ...others]);
    await passNight(escrow, 0);
    const gone = keys.slice(0, count);
    for (const key of gone) escrow.keys.delete(key);
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toEqual([...expected, ...gone.map((key) => `keyGone ${key}`)]);
    if (count === 3) expect(audit.findings[0]?.message).toContain('3 of the 20 keys');
  });

  test('are told against those that were there the day before', async () => {
    const escrow = startEscrow({}, keys);
    await passNight(escrow, 0);
    for (const key of keys.slice(0, 10)) escrow.keys.delete(key);
    expect(found(await passNight(escrow, 1))).toContain('sourceShrank');
    for (const key of keys.slice(10, 12)) escrow.keys.delete(key);
    const audit = await passNight(escrow, 2);
    expect(audit.findings[0]).toMatchObject({ finding: 'sourceShrank' });
    expect(audit.findings[0]?.message).toContain('2 of the 10 keys');
  });
});

test('only keys that are to be escrowed have their versions counted', async () => {
  const escrow = startEscrow({ except: ['a-tmp'], retired: ['b-old'] }, ['a-tmp', 'b-old', 'signing', 'payroll']);
  escrow.addKey('c-managed', { certificateBacked: true });
  const audit = await passNight(escrow, 0);
  const counted = audit.sources[0]?.keys.map(({ key, status, versions }) => [key, status, versions?.count]);
  expect(counted).toEqual([
    ['a-tmp', 'excluded', undefined],
    ['b-old', 'retired', undefined],
    ['c-managed', 'certificateBacked', undefined],
    ['payroll', 'fresh', 1],
    ['signing', 'fresh', 1],
  ]);
});

test('a run report that is none is a gap by its name', async () => {
  const escrow = startEscrow();
  await passNight(escrow, 0);
  escrow.night(night(1));
  const name = reportName(scheduledRunId(night(1)), escrow.source, 2);
  escrow.forge(name, '{"format":"keyvault-escrow/run-report/1"}');
  const audit = await auditAt(escrow, night(1, 4));
  expect(found(audit)).toEqual(['reportUnreadable']);
  expect(audit.findings[0]).toMatchObject({ severity: 'gap', source: 'vaults/contoso-prod' });
  expect(audit.findings[0]?.message).toContain(`"${name}"`);
});

describe('a selection', () => {
  test('that matches nothing of a source is a gap', async () => {
    const audit = await passNight(startEscrow({ keys: ['nothing-*'] }), 0);
    expect(found(audit)).toEqual(['selectionMatchesNothing']);
    expect(audit.status).toBe('gaps');
    expect(audit.findings[0]?.message).toContain('none of its 3 keys');
  });

  test.each([
    ['one key', { keys: ['sign*'] }],
    ['only a key that is retired meanwhile', { keys: ['signing'], retired: ['signing'] }],
    ['nothing, where every key there is retired', { keys: ['new-*'], retired: ['*'] }],
  ])('that matches %s is none', async (_, settings) => {
    expect(found(await passNight(startEscrow(settings), 0))).toEqual([]);
  });
});

describe('where a record can be restored', () => {
  const now = { subscriptionId: 'sub-now', geography: 'europe', securityDomain: 'domain-now' };

  test.each([
    ['in another subscription', { ...now, subscriptionId: 'sub-before' }, true],
    ['in another geography', { ...now, geography: 'asia' }, true],
    ['under another security domain', { ...now, securityDomain: 'domain-before' }, true],
    ['nobody knows where', {}, true],
    ['where its source is', now, false],
  ])('is kept in the audit when that is not where its source is now: %s', async (_, place: RestorePlace, isKept) => {
    const escrow = startEscrow({ place: now }, []);
    escrow.addKey('signing');
    escrow.now = night(0);
    const runId = scheduledRunId(night(0));
    const { subscriptionId, geography, securityDomain } = place;
    const metadata = {
      keyid: escrow.keys.get('signing')?.id ?? '',
      runid: runId,
      ...(subscriptionId && { subscriptionid: subscriptionId }),
      ...(geography && { geography }),
      ...(securityDomain && { securitydomain: securityDomain }),
    };
    const name = recordName(escrow.source, 'signing', runId);
    const blob = { name, bytes: Buffer.from('a backup'), contentType: 'application/octet-stream', metadata };
    await escrow.container.create(blob, noLimit);
    const audit = await auditAt(escrow, night(0, 4));
    expect(audit.sources[0]?.place).toEqual(now);
    const { record } = keyIn(audit, 'signing') ?? {};
    expect(record?.blobName).toBe(name);
    expect(record?.place).toEqual(isKept ? place : undefined);
  });
});
