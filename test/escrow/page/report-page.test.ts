import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DayMark } from '../../../src/escrow/coverage/calendar.ts';
import { calendarDays } from '../../../src/escrow/model/day.ts';
import type { Finding, FindingKind } from '../../../src/escrow/model/finding.ts';
import { reportPage } from '../../../src/escrow/page/report-page.ts';
import type { Audit } from '../../../src/escrow/records/audit-document.ts';
import {
  found,
  marks,
  sampleAudit,
  sampleSource,
  sampleWritten,
  soundAudit,
  staleFinding,
  troubledAudit,
} from '../../support/sample-audit.ts';

const megabyte = 1_000_000;
const prod = { kind: 'vault', name: 'contoso-prod' } as const;

const steady = (index: number): DayMark[] => (index % 40 === 0 ? marks(5, 's', 'e') : marks(5));

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
          reason: attack,
          detail: attack,
          remedy: attack,
        },
      ],
    );
    const page = reportPage({ ...audit, container: attack }, { name: attack, sha256: attack });
    expect(page).not.toContain('<script');
    expect(page).not.toContain('">&lt;');
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;');
  });

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
    for (const name of names) expect(one).toContain(`<li><b class="name">${name}<`);

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

  test('counts findings that are about no key as findings, and says what they are about', () => {
    const names = [20, 21, 22, 23].map((night) => `runs/202611${night}T020000Z/vaults/contoso-prod.json`);
    const findings = names.map((name) => found('reportUnreadable', undefined, undefined, name));
    const page = reportPage(sampleAudit([], findings), sampleWritten);
    expect(page).toContain('Report cannot be read: 4 findings');
    for (const name of names) expect(page).toContain(`<span class="detail">${name}<`);
  });

  test('calls findings of a later version by their own names', () => {
    const kinds = ['quotaExhausted', 'constructor'];
    const findings = kinds.map((kind) => found(kind as FindingKind));
    const page = reportPage(
      sampleAudit([sampleSource('vault', 'contoso-prod', [{ key: 'payroll' }])], findings),
      sampleWritten,
    );
    for (const kind of kinds) expect(page).toContain(`</span> ${kind} <span class="where">the whole escrow`);
    expect(page).not.toMatch(/undefined|NaN|native code/);
  });

  test('says what is known: how many backups are intact, and how many a restore has proven', () => {
    const keys = [{ key: 'a' }, { key: 'b', drilled: true }, { key: 'c', status: 'never' as const }];
    const audit = sampleAudit([sampleSource('vault', 'contoso-prod', keys)], []);
    expect(reportPage(audit, undefined)).toContain(
      '<h1 id="answer"><span>2 of 3 keys have an intact backup\u00a0·</span> <span>1 proven by a restore</span></h1>',
    );
  });

  describe('says how the storage keeps the escrow', () => {
    const factOf = (protection: Audit['protection'], name: string): string => {
      const { protection: _, ...audit } = soundAudit();
      const page = reportPage({ ...audit, ...(protection && { protection }) }, undefined);
      return new RegExp(`<dt>${name}</dt><dd>(.*?)</dd>`).exec(page)?.[1]?.replace(/<[^>]+>/g, '') ?? '';
    };
    const container = 'key-escrow';

    test.each([
      ['locked', 'locked: nobody can shorten or remove it'],
      ['unlocked', 'not locked: whoever administers the account can still shorten or remove it'],
    ] as const)('a policy that is %s', (policy, words) => {
      const fact = factOf({ containers: [{ container, policy, retentionDays: 365 }] }, 'Retention');
      expect(fact).toContain(`key-escrow 365 days from the creation of each blob, ${words}`);
    });

    test('each container by itself, unless all three are alike', () => {
      const alike = ['a', 'b', 'c'].map((name) => ({ container: name, policy: 'locked' as const, retentionDays: 9 }));
      expect(factOf({ containers: alike }, 'Retention')).toMatch(
        /^9 days .*\. The same for backups, audits and receipts\.$/,
      );
      const [a, b, c] = alike;
      const mixed = [a, b, { ...c, container: 'c', policy: 'none' as const }].filter((one) => one !== undefined);
      expect(factOf({ containers: mixed }, 'Retention')).toMatch(/^a 9 days .*; b 9 days .*; c .*no policy/);
    });

    test('where the copies are', () => {
      expect(factOf({ containers: [], redundancy: 'Standard_GZRS' }, 'Redundancy')).toBe(
        'Standard_GZRS: three zones of one region, and a second region',
      );
      expect(factOf({ containers: [], redundancy: 'Later_X' }, 'Redundancy')).toBe('Later_X');
    });

    test('and what of it this identity may not see', () => {
      const seen = { containers: [], notVisible: 'access denied (403 AuthorizationFailed)' };
      for (const name of ['Retention', 'Redundancy']) {
        expect(factOf(seen, name)).toBe('not visible to this identity: access denied (403 AuthorizationFailed)');
        expect(factOf(undefined, name)).toBe('not visible to this identity');
      }
      const half = { containers: [{ container, policy: 'none' as const }], notVisible: 'no answer in time' };
      expect(factOf(half, 'Retention')).toContain('Not all is visible: no answer in time');
    });
  });

  test('puts a missed night in its place among the runs', () => {
    const page = reportPage(troubledAudit(), sampleWritten);
    const rows = [...page.matchAll(/<tr class="run-(\w+)">.*?datetime="(\d{4}-\d\d-\d\d)/g)].slice(0, 10);
    expect(rows.findIndex(([, status]) => status === 'missed')).toBe(7);
    expect(rows[7]?.[2]).toBe('2026-11-17');
    expect(page).toMatch(/never began<\/th><td>due <time[^>]*>17 Nov 2026, 02:00 UTC/);
  });

  test('says how long restores took, and when overwriting was last tried', () => {
    const page = reportPage(soundAudit(), undefined);
    expect(page).toContain('<dd>1 min 28 s for 3 keys, 29 s a key');
    expect(page).toMatch(/tried by every nightly run, last with the run of <time[^>]*>24 Nov 2026, 02:00 UTC/);
    const { drill: _, ...undrilled } = soundAudit();
    expect(reportPage(undrilled, undefined)).not.toContain('How long restores took');
  });

  test('distinguishes fresh backups, backups of keys that are gone, older ones and none, and all add up', () => {
    const parts = /<ul class="parts">(.*?)<\/ul>/.exec(reportPage(troubledAudit(), undefined))?.[1];
    const numbers = [...(parts ?? '').matchAll(/<li class="(\w+)">(\d+) ([^<]+)/g)].map(([, ...found]) => found);
    expect(numbers).toEqual([
      ['young', '7', 'with a fresh backup'],
      ['gone', '1', 'gone, with a backup'],
      ['older', '7', 'only with an older one'],
      ['none', '3', 'without'],
    ]);
  });

  test('does not call an archived backup intact', () => {
    const { audited, keys } = sampleSource('vault', 'contoso-prod', [{ key: 'a' }, { key: 'b' }]);
    const archived = keys.map((key, index) => ({
      ...key,
      ...(key.record && { record: { ...key.record, ...(index === 0 && { notReadable: 'archived' as const }) } }),
    }));
    const page = reportPage(sampleAudit([{ audited, keys: archived }], []), undefined);
    expect(page).toContain('1 of 2 keys have an intact backup');
    expect(page).toContain('<small>archived</small>');
    expect(page).toContain('1 backup not readable now');
  });

  test('shows what steers a terminal or turns the reading direction as what it is', () => {
    const audit = sampleAudit([], [found('sourceUnreadable', undefined, undefined, 'no\u001b[2J\u202eexe.gpj')]);
    const page = reportPage(audit, undefined);
    expect(page).toContain('no\\u001b[2J\\u202eexe.gpj');
    expect(page).not.toContain('\u202e');
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
    for (let index = 7; index < 50_000; index += 1000)
      expect(page).toContain(`<tr><th scope=row>tenant-${index}<td class=`);
    expect(page).toContain('48,000 more keys without a row of their own');
    expect(new Set(page.match(/\btenant-\d+\b/g)).size).toBe(50_000);
  });

  test('folds so that the longest names and the worst calendars stay under 3 MB, first what has a finding', () => {
    const names = Array.from({ length: 30_000 }, (_, index) => `${index}-`.padEnd(127, 'Long-Name-'));
    const keys = names.map((key, index) => ({ key, days: restless(index), versions: 4, drilled: true }));
    const altered = names.slice(-1500);
    const findings = altered.map((key, index) => staleSaying('recordAltered', key, index));
    const page = reportPage(
      sampleAudit([sampleSource('vault', 'contoso-production-vault', keys)], findings),
      sampleWritten,
    );
    expect(Buffer.byteLength(page)).toBeLessThan(3 * megabyte);
    for (const key of altered)
      expect(page).toContain(`<th scope=row>${key}<td class="fresh">Fresh <small>Backup altered<`);
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

  test('says of an audit that was not kept that it is no link of the chain', () => {
    expect(reportPage(soundAudit(), undefined)).toContain('made on demand and not kept');
  });

  test('lists certificate-backed keys with what to do about them', () => {
    expect(reportPage(troubledAudit(), sampleWritten)).toMatch(
      /Keys that are not in this escrow[\s\S]*tls-www[\s\S]*Vault contoso-prod/,
    );
  });
});
