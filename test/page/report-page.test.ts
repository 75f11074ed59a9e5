import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DayMark } from '../../src/escrow/audit/calendar.ts';
import { calendarDays } from '../../src/escrow/audit/calendar.ts';
import { reportPage } from '../../src/escrow/page/report-page.ts';
import { marks, sampleAudit, sampleSource, sampleWritten, soundAudit, troubledAudit } from '../support/sample-audit.ts';

const megabyte = 1_000_000;

describe('the page of an audit', () => {
  test('is a function of the audit alone', () => {
    expect(reportPage(troubledAudit(), sampleWritten)).toBe(reportPage(troubledAudit(), sampleWritten));
  });

  test('names no other resource, and its policy allows its own style only', () => {
    const page = reportPage(troubledAudit(), sampleWritten);
    expect(page).not.toMatch(/<script|<img|<iframe|@import|url\(|style="| on\w+="/i);
    expect(page.match(/(?:src|href)="(?!#|data:,)[^"]*"/g)).toBeNull();
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(`content="default-src 'none'; style-src 'sha256-${digest}';`);
  });

  test('escapes whatever a name, a message or a report may hold', () => {
    const attack = '"><script>alert(1)</script>&\'';
    const audit = sampleAudit(
      [sampleSource('vault', 'contoso-prod', [{ key: attack }, { key: 'cert', status: 'certificateBacked' }])],
      [
        {
          finding: 'stale',
          severity: 'gap',
          source: attack,
          key: attack,
          message: `${attack} ${attack}`,
          remedy: attack,
        },
      ],
    );
    const page = reportPage({ ...audit, container: attack }, { name: attack, sha256: attack });
    expect(page).not.toContain('<script');
    expect(page).not.toContain('">&lt;');
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;');
  });

  test.each([
    ['steady', (index: number): DayMark[] => (index % 40 === 0 ? marks(5, 's', 'e') : marks(5))],
    [
      'as restless as can be',
      (index: number): DayMark[] =>
        Array.from({ length: calendarDays }, (_, at) => (['e', 's', 'f', 'h'] as const)[(at + index) % 4] ?? 'e'),
    ],
  ])('stays under 3 MB with 2,000 keys by 90 days, %s', (_, days) => {
    const keys = Array.from({ length: 2000 }, (__, index) => ({
      key: `customer-${index}-data-encryption-key`,
      versions: 4,
      drilled: index % 3 === 0,
      days: days(index),
    }));
    const page = reportPage(sampleAudit([sampleSource('vault', 'contoso-production-vault', keys)], []), sampleWritten);
    console.info(`2,000 keys: ${(page.length / megabyte).toFixed(2)} MB`);
    expect(Buffer.byteLength(page)).toBeLessThan(3 * megabyte);
  });

  test('folds beyond that: what needs somebody keeps its row, the rest is named and counted', () => {
    const keys = Array.from({ length: 50_000 }, (_, index) => ({
      key: `tenant-${index}`,
      versions: 1,
      status: index % 1000 === 7 ? ('stale' as const) : ('fresh' as const),
    }));
    const page = reportPage(sampleAudit([sampleSource('vault', 'contoso-prod', keys)], []), sampleWritten);
    expect(Buffer.byteLength(page)).toBeLessThan(3 * megabyte);
    expect(page).toContain('All 50,000 keys can be brought back');
    expect(page.match(/<tr id="vaults\.contoso-prod\.tenant-/g)).toHaveLength(2000);
    for (let index = 7; index < 50_000; index += 1000) expect(page).toContain(`<th scope="row">tenant-${index}</th>`);
    expect(page).toContain('48,000 more keys without a row of their own');
  });

  test('stays small with 500 sources and a year of nights', () => {
    const sources = Array.from({ length: 500 }, (_, index) =>
      sampleSource('vault', `vault-${index}`, [{ key: 'only' }]),
    );
    const page = reportPage(sampleAudit(sources, []), sampleWritten);
    console.info(`500 sources: ${(page.length / megabyte).toFixed(2)} MB`);
    expect(Buffer.byteLength(page)).toBeLessThan(3 * megabyte);
  });

  test('says of an audit that was not kept that it is no link of the chain', () => {
    expect(reportPage(soundAudit(), undefined)).toContain('made on demand and not kept');
  });

  test('lists certificate-backed keys with what to do about them', () => {
    expect(reportPage(troubledAudit(), sampleWritten)).toMatch(
      /Keys that are not in this escrow[\s\S]*tls-www[\s\S]*Vault contoso-prod/,
    );
  });
});
