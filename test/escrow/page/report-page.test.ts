import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { FindingKind } from '../../../src/escrow/model/finding.ts';
import { reportPage } from '../../../src/escrow/page/report-page.ts';
import type { Audit } from '../../../src/escrow/records/audit-document.ts';
import {
  found,
  marks,
  sampleAudit,
  sampleSource,
  sampleWritten,
  soundAudit,
  troubledAudit,
} from '../../support/sample-audit.ts';

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
    const source = sampleSource('vault', 'contoso-prod', [{ key: 'payroll' }]);
    const page = reportPage(sampleAudit([source], findings), sampleWritten);
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

  test('says in words beside a row when its gaps were, the newest three first', () => {
    const days = marks(0, 's', 'e', 'f', 'f', 'e', 's', 'e', 'g');
    const source = sampleSource('vault', 'contoso-prod', [{ key: 'payroll', days }]);
    const page = reportPage(sampleAudit([source], []), undefined);
    expect(page).toContain('<td>5 days with a gap: gone 24 Nov, stale 22 Nov, failed 19 Nov–20 Nov, and 1 more\n');
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

  test('says of an audit that was not kept that it is no link of the chain', () => {
    expect(reportPage(soundAudit(), undefined)).toContain('made on demand and not kept');
  });

  test('lists certificate-backed keys with what to do about them', () => {
    expect(reportPage(troubledAudit(), sampleWritten)).toMatch(
      /Keys that are not in this escrow[\s\S]*tls-www[\s\S]*Vault contoso-prod/,
    );
  });
});
