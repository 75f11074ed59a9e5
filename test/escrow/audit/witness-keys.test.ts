import { describe, expect, test } from 'vitest';
import { found } from '../../support/audit-findings.ts';
import { escrowAfterNight, night, passNight, startEscrow } from '../../support/audit-nights.ts';
import { createAuditWorld } from '../../support/audit-world.ts';
import { escrowSource } from '../../support/escrow-sources.ts';
import type { ListedAudit } from '../../support/listed-audit.ts';

describe('versions', () => {
  test('are counted for all keys within a month, new and changed ones first', async () => {
    const escrow = createAuditWorld(escrowSource('vault', 'contoso-prod', { except: ['tmp-*'] }), night(-1));
    for (let index = 0; index < 60; index++) escrow.addKey(`key-${String(index).padStart(2, '0')}`);
    const counted = (audit: ListedAudit) =>
      audit.keys.filter(({ versions }) => versions?.listedAt === audit.startedAt).map(({ key }) => key);
    const seen = new Set<string>();
    // Half a request a second: 90 of them a day, of which every new key takes two.
    escrow.source = { ...escrow.source, maxBackupsPerSecond: 0.5 };
    const first = await passNight(escrow, 0);
    // Of the 16 under way at once some have taken their first request when the last of the budget goes.
    expect(counted(first).length).toBeGreaterThanOrEqual(45);
    expect(counted(first).length).toBeLessThan(60);
    expect(counted(first).length + first.totals.versionsWaiting).toBe(60);
    for (let index = 0; index < 12; index++) for (const key of counted(await passNight(escrow, index))) seen.add(key);
    expect(seen.size).toBe(60);
    escrow.now = night(12);
    escrow.rotate('key-33');
    escrow.addKey('zz-new');
    // A few requests only: what should not wait has them first, and nothing else is said to wait.
    const { source } = escrow;
    escrow.source = { ...source, maxBackupsPerSecond: 0.02 };
    const scarce = await passNight(escrow, 12);
    expect(counted(scarce)).toEqual(expect.arrayContaining(['key-33', 'zz-new']));
    expect([counted(scarce).length < 7, scarce.totals.versionsWaiting]).toEqual([true, 0]);
    escrow.source = source;
    const next = counted(await passNight(escrow, 13));
    expect(next).toHaveLength(5);
    expect(next).not.toContain('key-33');
  });

  test('near the limit are a warning, over it a gap', async () => {
    const escrow = startEscrow();
    escrow.addKey('busy');
    for (let version = 1; version < 400; version++) escrow.rotate('busy');
    const warned = await passNight(escrow, 0);
    expect([found(warned), warned.status]).toEqual([['versionsNearLimit busy (warning)'], 'ok']);
    for (let version = 400; version < 500; version++) escrow.rotate('busy');
    const alarmed = await passNight(escrow, 1);
    expect([found(alarmed), alarmed.status]).toEqual([['versionsOverLimit busy'], 'gaps']);
  });

  test('that are witnessed already are not read again', async () => {
    const escrow = await escrowAfterNight();
    await passNight(escrow, 1);
    expect(escrow.publicKeyReads).toBe(3);
  });
});
