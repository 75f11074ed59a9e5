import { createHash } from 'node:crypto';
import { totalsOf } from '../../src/escrow/audit/audit.ts';
import type { Audit, AuditedKey, AuditedRun, AuditedSource } from '../../src/escrow/audit/audit-document.ts';
import { calendarDays, calendarStart, type DayMark, encodeMarks } from '../../src/escrow/audit/calendar.ts';
import type { CoverageStatus } from '../../src/escrow/audit/coverage-status.ts';
import {
  auditMissing,
  evidenceMissing,
  evidenceUnlisted,
  pageMissing,
} from '../../src/escrow/audit/evidence-findings.ts';
import { keyGone, manyVersions, neverEscrowed, recordFault, staleRecord } from '../../src/escrow/audit/key-findings.ts';
import { runIncomplete, sourceLeftOut, sourceUnreadable } from '../../src/escrow/audit/source-findings.ts';
import type { Finding, FindingKind } from '../../src/escrow/model/finding.ts';
import type { SourceId, SourceKind } from '../../src/escrow/model/source.ts';
import { notWriteOnce } from '../../src/escrow/write-once/canary-findings.ts';

const now = new Date('2026-11-24T06:00:03Z');
const hour = 3_600_000;
const day = 24 * hour;

export interface SampleKey {
  readonly key: string;
  readonly status?: CoverageStatus;
  readonly days?: readonly DayMark[];
  readonly versions?: number;
  readonly hoursOld?: number;
  readonly drilled?: boolean;
}

/** 90 marks: the given last ones after days on which it was escrowed, after days before it existed. */
export function marks(before: number, ...last: DayMark[]): DayMark[] {
  const escrowed = calendarDays - before - last.length;
  return [...Array<DayMark>(before).fill('-'), ...Array<DayMark>(escrowed).fill('e'), ...last];
}

export function sampleKey(
  source: SourceId,
  { key, status = 'fresh', days, versions, hoursOld, drilled }: SampleKey,
): AuditedKey {
  const age = hoursOld ?? 4;
  const createdAt = new Date(now.getTime() - age * hour);
  const hasRecord = ['fresh', 'stale', 'gone', 'retired'].includes(status);
  const folder = source.kind === 'vault' ? 'vaults' : 'managed-hsms';
  const runId = `${createdAt.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  return {
    key,
    id: `https://${source.name}.${source.kind === 'vault' ? 'vault' : 'managedhsm'}.azure.net/keys/${key}`,
    status,
    enabled: true,
    firstSeenAt: new Date(now.getTime() - 80 * day).toISOString(),
    ...(hasRecord && {
      record: {
        blobName: `${folder}/${source.name}/${key.toLowerCase()}/${runId}.keybackup`,
        bytes: 12_345 + key.length,
        sha256: createHash('sha256').update(key).digest('hex'),
        createdAt: createdAt.toISOString(),
        runId,
      },
    }),
    ...(versions !== undefined && { versions: { count: versions, countedAt: now.toISOString(), witnesses: [] } }),
    ...(drilled && { drilledAt: '2026-11-02T09:12:44Z' }),
    days: encodeMarks(days ?? marks(0)),
  };
}

export function sampleRuns(nights: number, seconds: number): AuditedRun[] {
  return Array.from({ length: nights }, (_, index) => {
    const startedAt = new Date(Date.parse('2026-11-24T02:00:01Z') - index * day);
    const isBad = index === 3;
    const durationMs = (seconds + ((index * 7) % 5) * seconds * 0.15 + (isBad ? seconds * 2 : 0)) * 1000;
    return {
      runId: `${startedAt.toISOString().slice(0, 11).replaceAll('-', '')}020000Z`,
      startedAt: startedAt.toISOString(),
      status: isBad ? 'incomplete' : 'ok',
      trigger: 'schedule',
      finishedAt: new Date(startedAt.getTime() + durationMs).toISOString(),
      durationMs,
      considered: 12,
      escrowed: isBad ? 8 : 9,
      skipped: 3,
      failed: isBad ? 1 : 0,
      throttled: isBad ? 214 : index % 4 === 0 ? 3 : 0,
      attempts: isBad ? 4 : 1,
    } as const;
  });
}

export function sampleSource(
  kind: SourceKind,
  name: string,
  keys: readonly SampleKey[],
  more: Partial<AuditedSource> = {},
): AuditedSource {
  return {
    source: `${kind === 'vault' ? 'vaults' : 'managed-hsms'}/${name}`,
    sourceKind: kind,
    sourceName: name,
    place:
      kind === 'vault'
        ? { subscriptionId: '00000000-0000-0000-0000-00000000c0de', geography: 'europe' }
        : { securityDomain: 'contoso-2026' },
    listed: keys.length,
    runs: sampleRuns(20, kind === 'vault' ? 31 : 64),
    keys: keys.map((key) => sampleKey({ kind, name }, key)),
    ...more,
  };
}

export function sampleAudit(sources: readonly AuditedSource[], findings: readonly Finding[]): Audit {
  return {
    format: 'keyvault-escrow/audit/1',
    auditId: '20261124T060003Z',
    startedAt: now.toISOString(),
    finishedAt: '2026-11-24T06:00:09.250Z',
    container: 'https://contosoescrow.blob.core.windows.net/key-escrow',
    status: findings.some(({ severity }) => severity === 'gap') ? 'gaps' : 'ok',
    asked: { schedule: '0 0 2 * * *', maxAgeHours: 26, maxDrillAgeDays: 90 },
    totals: totalsOf(sources),
    findings,
    sources,
    calendar: { from: calendarStart(now), days: calendarDays },
    writeOnce: { canary: 'runs/canary', createdAt: '2026-08-03T02:00:01.000Z', etag: '0x8DCB3A1F5E2B6C0' },
    drill: { receipt: 'drills/20261102T091100Z.json', finishedAt: '2026-11-02T09:12:44Z', keys: 3 },
    chain: {
      previous: { name: 'audits/20261123T060002Z.json', sha256: createHash('sha256').update('x').digest('hex') },
      evidence: [{ name: 'runs/20261124T020000Z/vaults/contoso-prod.json', sha256: 'ab'.repeat(32) }],
    },
  };
}

export const sampleWritten = {
  name: 'audits/20261124T060003Z.json',
  sha256: createHash('sha256').update('y').digest('hex'),
};

/** An escrow in which something of every kind is wrong. */
export function troubledAudit(): Audit {
  const prod = { kind: 'vault', name: 'contoso-prod' } as const;
  const web = { kind: 'vault', name: 'contoso-web' } as const;
  const keys: SampleKey[] = [
    { key: 'api-gateway', drilled: true, versions: 3 },
    { key: 'backup-wrap', days: marks(41), versions: 1 },
    { key: 'billing-2024', status: 'gone', hoursOld: 52, days: marks(0, 's', 'g'), versions: 2 },
    { key: 'code-signing', versions: 12, drilled: true, days: [...marks(0).slice(0, 60), 's', ...marks(0).slice(61)] },
    { key: 'invoices', versions: 412 },
    { key: 'new-tenant', status: 'pending', days: Array<DayMark>(90).fill('-') },
    {
      key: 'old-root',
      status: 'retired',
      hoursOld: 900,
      days: [...marks(52).slice(0, 52), ...Array<DayMark>(38).fill('k')],
    },
    { key: 'orders', status: 'never', days: [...Array<DayMark>(85).fill('-'), 'f', 'f', 'f', 'f', 'f'], versions: 530 },
    { key: 'payroll', status: 'stale', hoursOld: 100, days: marks(0, 'f', 's', 's', 's'), versions: 4 },
    { key: 'tls-www', status: 'certificateBacked', days: Array<DayMark>(90).fill('k') },
    { key: 'tmp-build', status: 'excluded', days: Array<DayMark>(90).fill('k') },
    { key: 'weekly-batch', days: marks(0).map((mark, index) => (index % 7 < 2 ? mark : 'h')) },
  ];
  const many = Array.from(
    { length: 6 },
    (_, index): SampleKey => ({ key: `tenant-${index}`, status: 'stale', hoursOld: 52, days: marks(0, 's') }),
  );
  const failure = {
    code: 'ForbiddenByRbac',
    attempt: 'list the keys of',
    subject: 'vault "contoso-web"',
    reason: 'access denied (403 ForbiddenByRbac, request 7f3c): Caller is not authorized to perform action on resource',
    remedy: 'Grant Microsoft.KeyVault/vaults/keys/read.',
  };
  const { listed: _, ...unreadable } = sampleSource('vault', 'contoso-web', many, { unreadable: failure });
  const versions = manyVersions(prod, 'invoices', 412);
  return sampleAudit(
    [
      sampleSource('vault', 'contoso-prod', keys),
      unreadable,
      sampleSource('managedHsm', 'contoso-hsm', [
        { key: 'payments', versions: 2 },
        { key: 'ledger', versions: 1, drilled: true },
      ]),
    ],
    [
      neverEscrowed(
        prod,
        'orders',
        'Cannot back up key "orders" in vault "contoso-prod": no answer within 30 s (TimedOut). A key with more than 500 versions cannot be backed up in time: replace it by a new key.',
      ),
      staleRecord(prod, 'payroll', new Date(now.getTime() - 100 * hour), '4 days', undefined),
      keyGone(prod, 'billing-2024', 'vaults/contoso-prod/billing-2024/20261122T020000Z.keybackup'),
      runIncomplete(prod, '20261121T020000Z', '1 of 12 keys failed'),
      sourceUnreadable(web, failure),
      ...many.map(({ key }) => staleRecord(web, key, new Date(now.getTime() - 52 * hour), '2 days', undefined)),
      notWriteOnce('overwritten'),
      ...(versions === undefined ? [] : [versions]),
    ],
  );
}

/** The troubled escrow with more that is wrong: many alike findings, the rarer kinds, and a kind of a later version. */
export function crowdedAudit(): Audit {
  const { sources, findings } = troubledAudit();
  const prod = { kind: 'vault', name: 'contoso-prod' } as const;
  const tenants = { kind: 'vault', name: 'contoso-tenants' } as const;
  const names = Array.from({ length: 60 }, (_, index) => `tenant-${String(index).padStart(3, '0')}-data`);
  const keys = names.map((key): SampleKey => ({ key, status: 'stale', hoursOld: 52, days: marks(0, 'f', 'f') }));
  const forbidden = (key: string, index: number): string =>
    `Cannot back up key "${key}" in vault "contoso-tenants": access denied (403 ForbiddenByRbac, request 7f3c${index}). Grant Microsoft.KeyVault/vaults/keys/backup/action to the caller at this vault.`;
  const nights = [20, 21, 22, 23].map((night) => `runs/202611${night}T020000Z/vaults/contoso-prod.json`);
  const trail = 'audits/20261123T060002Z.json';
  const tooEarly = { blobName: 'vaults/contoso-prod/api-gateway/20261125T020000Z.keybackup', createdAt: now };
  const foreign = 'vaults/contoso-prod/payroll/20261124T020000Z.keybackup';
  const later = {
    finding: 'quotaExhausted' as FindingKind,
    severity: 'warning',
    message: 'Vault "contoso-prod" has used 98 % of its quota. Ask for more.',
    remedy: 'Ask for more.',
  } as const;
  return sampleAudit(
    [...sources, sampleSource('vault', 'contoso-tenants', keys)],
    [
      ...findings,
      ...names.map((key, index) =>
        staleRecord(tenants, key, new Date(now.getTime() - 52 * hour), '2 days', forbidden(key, index)),
      ),
      ...['a', 'b', 'c', 'd'].map((one, index) =>
        keyGone(tenants, `gone-${one}`, `vaults/contoso-tenants/gone-${one}/2026112${index}T020000Z.keybackup`),
      ),
      recordFault(prod, 'api-gateway', { fault: 'tooEarly', ...tooEarly }),
      recordFault(prod, 'backup-wrap', { fault: 'foreign', blobName: foreign, saidBy: trail }),
      sourceLeftOut(sampleSource('vault', 'contoso-old', [{ key: 'x' }])),
      ...nights.map((name) => evidenceMissing(name, trail)),
      evidenceUnlisted(trail, 'audits/20261122T060001Z.html', 1),
      ...auditMissing([new Date('2026-11-21T06:00:00Z')], new Date('2026-11-20T06:00:03Z')),
      pageMissing(trail.replace('.json', '.html'), trail),
      later,
    ],
  );
}

/** Nothing is wrong. */
export function soundAudit(): Audit {
  const keys = ['api-gateway', 'code-signing', 'payroll', 'invoices', 'orders', 'tls-root'].map((key) => ({
    key,
    versions: 2,
    drilled: key === 'payroll',
  }));
  return sampleAudit(
    [
      sampleSource('vault', 'contoso-prod', keys),
      sampleSource('managedHsm', 'contoso-hsm', [{ key: 'payments', versions: 1 }]),
    ],
    [],
  );
}
