import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DayMark } from '../../../src/escrow/coverage/calendar.ts';
import { calendarDays } from '../../../src/escrow/model/day.ts';
import type { Finding, FindingKind } from '../../../src/escrow/model/finding.ts';
import { reportPage } from '../../../src/escrow/page/report-page.ts';
import { marks, sampleAudit, sampleSource, sampleWritten, staleFinding } from '../../support/sample-audit.ts';

const megabyte = 1_000_000;
const prod = { kind: 'vault', name: 'contoso-prod' } as const;

const [steadyDays, oneStaleDay] = [marks(5), marks(5, 's', 'e')];
const steady = (index: number): readonly DayMark[] => (index % 40 === 0 ? oneStaleDay : steadyDays);

/** No day like the day before, and no key with a row like another. */
function restless(index: number): readonly DayMark[] {
  const key = index % maxRows;
  restlessDays[key] ??= makeRestless(key);
  return restlessDays[key];
}

const maxRows = 2000;
const restlessDays: DayMark[][] = [];

function makeRestless(index: number): DayMark[] {
  const chances = Buffer.concat([0, 1].map((part) => createHash('sha512').update(`${index} ${part}`).digest()));
  const kinds = ['e', 's', 'f', 'h', 'k', 'g'] as const;
  let kind = 0;
  return Array.from({ length: calendarDays }, (_, at) => {
    kind = (kind + 1 + ((chances[at] ?? 0) % (kinds.length - 1))) % kinds.length;
    return kinds[kind] ?? 'e';
  });
}

/** A finding that no other is quite like: each run failed in its own words. */
function staleSaying(kind: FindingKind, key: string, index: number): Finding {
  const source = { kind: 'vault', name: 'contoso-production-vault' } as const;
  const said = `Cannot back up key "${key}" in vault "contoso-production-vault": access denied (403 ForbiddenByRbac, request 7f3c): attempt ${index}. Grant Microsoft.KeyVault/vaults/keys/backup/action to the caller at this vault.`;
  return { ...staleFinding(source, key, said), finding: kind };
}

describe('the page of a large audit', () => {
  const ordinary = (index: number) => `customer-${index}-data-encryption-key`;
  const longest = (index: number) => `${index}-`.padEnd(127, 'Long-Name-');

  describe('of 2,000 keys by 90 days', () => {
    test.each([
      ['ordinary names', 'steady', 'no finding', ordinary, steady, 'stale'],
      ['ordinary names', 'restless', 'a finding for every key', ordinary, restless, 'stale'],
      ['names of 127 characters', 'steady', 'a finding for every key', longest, steady, 'stale'],
      ['names of 127 characters', 'restless', 'a finding that no status shows', longest, restless, 'recordAltered'],
    ] as const)('stays under 3 MB with %s, %s, %s', (_, __, found, nameOf, days, kind) => {
      const names = Array.from({ length: 2000 }, (___, index) => nameOf(index));
      const keys = names.map((key, index) => ({
        key,
        status: 'stale' as const,
        hoursOld: 52 + (index % 40),
        versions: 412,
        drilled: true,
        days: days(index),
      }));
      const source = sampleSource('vault', 'contoso-production-vault', keys);
      const findings = found === 'no finding' ? [] : names.map((key, index) => staleSaying(kind, key, index));
      const page = reportPage(sampleAudit([source], findings), sampleWritten);
      const size = Buffer.byteLength(page);
      console.info(`2,000 keys, ${names[7]?.length} characters, ${found}: ${(size / megabyte).toFixed(2)} MB`);
      expect(size).toBeLessThan(3 * megabyte);
      const rows = page.matchAll(/<tr><th scope=row>([\w-]+)<td class="stale">Stale/g);
      expect([...rows].map(([, name]) => name)).toEqual(names);
      expect(page.split('Backup altered</small>').length - 1).toBe(kind === 'recordAltered' ? 2000 : 0);
    });
  });

  test('reports alike findings once with all that they are about, and of too many how many more the audit has', () => {
    const names = Array.from({ length: 2000 }, (_, index) => `tenant-${index}`);
    const source = sampleSource(
      'vault',
      'contoso-prod',
      names.map((key) => ({ key, status: 'stale' })),
    );
    const alike = names.map((key) => staleFinding(prod, key, 'of 2026-11-22 02:00 UTC'));
    const one = reportPage(sampleAudit([source], alike), sampleWritten);
    expect(one).toContain('All 2,000, one by one');
    expect(one.split('Mend what stops its runs')).toHaveLength(2);
    expect(one.split('Its newest record is too old')).toHaveLength(2);
    const listed = [...one.matchAll(/<li><b class="name">([\w-]+)</g)].map(([, name]) => name);
    expect(listed).toEqual(expect.arrayContaining(names));

    const unlike = names.map((key, index) => staleSaying('stale', key, index));
    const many = reportPage(sampleAudit([source], unlike), sampleWritten);
    const shown = many.split('<span class="detail">').length - 1;
    expect(shown).toBeGreaterThan(300);
    expect(shown).toBeLessThan(2000);
    expect(many).toContain(`${shown} of 2,000, one by one`);
    expect(many).toContain(
      'All 2,000 are in <code>audits/20261124T060003Z.json</code>; each key with its status is below',
    );
    expect(reportPage(sampleAudit([source], unlike), undefined)).toContain('All 2,000 are in the audit itself;');
  });

  test('folds beyond that: what needs somebody keeps its row, the rest is named and counted', () => {
    const keys = Array.from({ length: 50_000 }, (_, index) => ({
      key: `tenant-${index}`,
      versions: 1,
      status: index % 1000 === 7 ? ('stale' as const) : ('fresh' as const),
    }));
    const page = reportPage(sampleAudit([sampleSource('vault', 'contoso-prod', keys)], []), sampleWritten);
    expect(Buffer.byteLength(page)).toBeLessThan(3 * megabyte);
    expect(page).toContain('50,000 of 50,000 keys have an intact backup');
    expect(page.match(/<tr><th scope=row>tenant-\d+<td class=/g)).toHaveLength(2000);
    const rows = new Set([...page.matchAll(/<tr><th scope=row>(tenant-\d+)<td class=/g)].map(([, name]) => name));
    for (let index = 7; index < 50_000; index += 1000) expect(rows).toContain(`tenant-${index}`);
    expect(page).toContain('48,000 more keys without a row of their own');
    expect(new Set(page.match(/\btenant-\d+\b/g)).size).toBe(50_000);
  });

  test('folds so that the longest names and the worst calendars stay under 3 MB, first what has a finding', () => {
    const names = Array.from({ length: 30_000 }, (_, index) => `${index}-`.padEnd(127, 'Long-Name-'));
    const keys = names.map((key, index) => ({ key, days: restless(index), versions: 4, drilled: true }));
    const altered = names.slice(-1500);
    const findings = altered.map((key, index) => staleSaying('recordAltered', key, index));
    const source = sampleSource('vault', 'contoso-production-vault', keys);
    const page = reportPage(sampleAudit([source], findings), sampleWritten);
    expect(Buffer.byteLength(page)).toBeLessThan(3 * megabyte);
    const rows = page.matchAll(/<th scope=row>([\w-]+)<td class="fresh">Fresh <small>Backup altered</g);
    expect(new Set([...rows].map(([, name]) => name))).toEqual(new Set(altered));
    expect(page).toMatch(/<b>Fresh, 28,000 keys:<\/b> [\w-]+, .* and [\d,]+ more</);
  });

  test('folds rather than grow where every key is at odds with everything', () => {
    const names = Array.from({ length: 2000 }, (_, index) => `${index}-`.padEnd(127, 'Long-Name-'));
    const sample = names.map((key, index) => ({ key, status: 'stale' as const, days: restless(index), drilled: true }));
    const source = sampleSource('vault', 'contoso-production-vault', sample);
    const keys = source.keys.map((key) => ({
      ...key,
      enabled: false,
      ...(key.record && { record: { ...key.record, late: true as const, unproven: true as const } }),
    }));
    const kinds = ['recordAltered', 'recordForeign', 'versionsOverLimit'] as const;
    const findings = kinds.flatMap((kind) => names.map((key, index) => staleSaying(kind, key, index)));
    const page = reportPage(sampleAudit([{ ...source, keys }], findings), sampleWritten);
    expect(Buffer.byteLength(page)).toBeLessThan(3 * megabyte);
    expect(page.match(/<tr><th scope=row>[\w-]+ <small>/g)?.length).toBeGreaterThan(1500);
    expect(new Set(page.match(/\b\d+-[\w-]{120,}/g))).toEqual(new Set(names));
  });

  test('stays small with 500 sources and a year of nights', () => {
    const sources = Array.from({ length: 500 }, (_, index) =>
      sampleSource('vault', `vault-${index}`, [{ key: 'only' }]),
    );
    const page = reportPage(sampleAudit(sources, []), sampleWritten);
    console.info(`500 sources: ${(page.length / megabyte).toFixed(2)} MB`);
    expect(Buffer.byteLength(page)).toBeLessThan(3 * megabyte);
  });
});
