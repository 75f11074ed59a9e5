import { createHash } from 'node:crypto';
import { createTally } from '../../src/escrow/audit/document/audit-totals.ts';
import { calendarStart, type DayMark, encodeMarks } from '../../src/escrow/coverage/calendar.ts';
import type { CoverageStatus } from '../../src/escrow/model/coverage-status.ts';
import { calendarDays, dayMs } from '../../src/escrow/model/day.ts';
import { type Finding, type FindingKind, finding } from '../../src/escrow/model/finding.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { type SourceId, type SourceKind, sourcePath } from '../../src/escrow/model/source.ts';
import type { AuditedKey, AuditedRun, AuditedSource } from '../../src/escrow/records/audit-document.ts';
import { recordName } from '../../src/escrow/records/blob-names.ts';
import type { ListedAudit } from './listed-audit.ts';

const now = new Date('2026-11-24T06:00:03Z');

interface SampleKey {
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

/** Thousands of keys have these days. */
const everyDay = encodeMarks(marks(0));

export function sampleKey(
  source: SourceId,
  { key, status = 'fresh', days, versions, hoursOld, drilled }: SampleKey,
): AuditedKey {
  const age = hoursOld ?? 4;
  const createdAt = new Date(now.getTime() - (age * dayMs) / 24);
  const hasRecord = ['fresh', 'stale', 'gone', 'retired'].includes(status);
  const seenAt = createdAt.toISOString();
  return {
    source: sourcePath(source),
    key,
    id: `https://${source.name}.${source.kind === 'vault' ? 'vault' : 'managedhsm'}.azure.net/keys/${key}`,
    status,
    enabled: true,
    firstSeenAt: new Date(now.getTime() - 80 * dayMs).toISOString(),
    ...(hasRecord && {
      record: {
        blobName: recordName(source, key, scheduledRunId(createdAt)),
        bytes: 12_345 + key.length,
        sha256: createHash('sha256').update(key).digest('hex'),
        createdAt: seenAt,
        lastModified: seenAt,
        etag: '0x8DE2B',
        backedUpAt: seenAt,
      },
    }),
    ...(versions !== undefined && {
      versions: { listedAt: now.toISOString(), known: manyVersions.slice(0, versions) },
    }),
    ...(drilled && { drilledAt: '2026-11-02T09:12:44Z' }),
    days: days === undefined ? everyDay : encodeMarks(days),
  };
}

const manyVersions = Array.from({ length: 600 }, (_, index) => ({ version: String(index).padStart(32, '0') }));

function sampleRuns(nights: number, seconds: number): AuditedRun[] {
  return Array.from({ length: nights }, (_, index) => {
    const startedAt = new Date(Date.parse('2026-11-24T02:00:01Z') - index * dayMs);
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

/** A source with its keys. */
interface SampleSource {
  readonly audited: AuditedSource;
  readonly keys: readonly AuditedKey[];
}

export function sampleSource(
  kind: SourceKind,
  name: string,
  keys: readonly SampleKey[],
  more: Partial<AuditedSource> = {},
): SampleSource {
  const audited = {
    source: sourcePath({ kind, name }),
    sourceKind: kind,
    sourceName: name,
    place:
      kind === 'vault'
        ? { subscriptionId: '00000000-0000-0000-0000-00000000c0de', geography: 'europe' }
        : { securityDomain: 'contoso-2026' },
    listedAt: now.toISOString(),
    listed: keys.length,
    versionsWaiting: 0,
    ...more,
    runs: sampleRuns(20, kind === 'vault' ? 31 : 64).filter(
      ({ startedAt }) => !more.missedRuns?.some((missed) => missed.slice(0, 10) === startedAt.slice(0, 10)),
    ),
  };
  return { audited, keys: keys.map((key) => sampleKey({ kind, name }, key)) };
}

export function sampleAudit(sources: readonly SampleSource[], findings: readonly Finding[]): ListedAudit {
  const keys = sources.flatMap((source) => source.keys);
  const audited = sources.map((source) => source.audited);
  const tally = createTally();
  for (const key of keys) tally.add(key);
  return {
    format: 'keyvault-escrow/audit/2',
    auditId: '20261124T060003Z',
    startedAt: now.toISOString(),
    finishedAt: '2026-11-24T06:00:09.250Z',
    container: 'https://contosoescrow.blob.core.windows.net/key-escrow',
    status: findings.some(({ severity }) => severity === 'gap') ? 'gaps' : 'ok',
    asked: { schedule: '0 0 2 * * *', auditSchedule: '0 0 6 * * *', maxAgeHours: 26, maxDrillAgeDays: 90 },
    totals: tally.totals(audited),
    findings: [...findings],
    sources: audited,
    keys,
    calendar: { from: calendarStart(now), days: calendarDays },
    canary: { etag: '0x1', createdAt: '2026-08-01T02:00:01.000Z' },
    drill: { receipt: 'drills/20261102T091100Z.json', finishedAt: '2026-11-02T09:12:44Z', keys: 3, durationMs: 88_400 },
    protection: {
      redundancy: 'Standard_RAGZRS',
      containers: ['', '-audits', '-drills'].map((ending) => ({
        container: `key-escrow${ending}`,
        policy: 'locked' as const,
        retentionDays: 365,
      })),
    },
    previous: { name: 'audits/20261123T060002Z.json', sha256: createHash('sha256').update('x').digest('hex') },
  };
}

export const sampleWritten = {
  name: 'audits/20261124T060003Z.json',
  sha256: createHash('sha256').update('y').digest('hex'),
};

/** An escrow in which something of every kind is wrong. */
export function troubledAudit(): ListedAudit {
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
    { key: 'overfull', status: 'notLookedAt', days: marks(0, 's') },
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
  return sampleAudit(
    [
      sampleSource('vault', 'contoso-prod', keys, { missedRuns: ['2026-11-17T02:00:00.000Z'] }),
      withoutListing(
        sampleSource('vault', 'contoso-web', many, { unreadable: failure, listedAt: '2026-11-22T06:00:03Z' }),
      ),
      sampleSource('managedHsm', 'contoso-hsm', [
        { key: 'payments', versions: 2 },
        { key: 'ledger', versions: 1, drilled: true },
      ]),
    ],
    [
      found('neverEscrowed', prod, 'orders', 'its last run said: no answer within 30 s (TimedOut)'),
      staleFinding(prod, 'payroll', 'of 2026-11-20 02:00 UTC, 4 days'),
      found(
        'keyGone',
        prod,
        'billing-2024',
        'newest record vaults/contoso-prod/billing-2024/20261122T020000Z.keybackup',
      ),
      found('runIncomplete', prod, undefined, 'run 20261121T020000Z: 1 of 12 keys failed'),
      found('sourceUnreadable', web, undefined, failure.reason),
      ...many.map(({ key }) => staleFinding(web, key, 'of 2026-11-22 02:00 UTC, 2 days')),
      found('notWriteOnce'),
      found('versionsNearLimit', prod, 'invoices', '412 versions', 'warning'),
    ],
  );
}

/** A finding of a kind in words of its own. */
export function found(
  kind: FindingKind,
  source?: SourceId,
  key?: string,
  detail?: string,
  severity: Finding['severity'] = 'gap',
): Finding {
  const text = { reason: `this is a finding of the kind ${kind}`, remedy: `Mend what ${kind} is about.`, detail };
  return finding(kind, severity, text, { ...(source && { source }), ...(key !== undefined && { key }) });
}

export function staleFinding(source: SourceId, key: string, detail: string): Finding {
  return finding(
    'stale',
    'gap',
    { reason: 'its newest record is too old', detail, remedy: 'Mend what stops its runs.' },
    { source, key },
  );
}

function withoutListing({ audited, keys }: SampleSource): SampleSource {
  const { listed: _, ...unlisted } = audited;
  return { audited: unlisted, keys };
}

/** The troubled escrow with more that is wrong: many alike findings, the rarer kinds, and a kind of a later version. */
export function crowdedAudit(): ListedAudit {
  const { sources, keys: known, findings } = troubledAudit();
  const prod = { kind: 'vault', name: 'contoso-prod' } as const;
  const tenants = { kind: 'vault', name: 'contoso-tenants' } as const;
  const names = Array.from({ length: 8 }, (_, index) => `tenant-${String(index).padStart(3, '0')}-data`);
  const keys = names.map((key): SampleKey => ({ key, status: 'stale', hoursOld: 52, days: marks(0, 'f', 'f') }));
  const later = found('quotaExhausted' as FindingKind, prod, undefined, '98 %', 'warning');
  return sampleAudit(
    [
      ...sources.map((audited) => ({ audited, keys: known.filter(({ source }) => source === audited.source) })),
      sampleSource('vault', 'contoso-tenants', keys),
    ],
    [
      ...findings,
      ...names.map((key, index) => staleFinding(tenants, key, `of 2026-11-22 02:00 UTC, 2 days; request 7f3c${index}`)),
      ...['a', 'b', 'c', 'd'].map((one) => found('keyGone', tenants, `gone-${one}`)),
      found('recordTooEarly', prod, 'api-gateway', 'vaults/contoso-prod/api-gateway/20261125T020000Z.keybackup'),
      found('keyReplaced', prod, 'backup-wrap', 'seen 2026-11-23 06:00 UTC'),
      found('changedSinceBackup', prod, 'code-signing', 'changed 2026-11-24 05:00 UTC', 'warning'),
      found('sourceLeftOut', { kind: 'vault', name: 'contoso-old' }, undefined, undefined, 'warning'),
      found('auditUnreadable', undefined, undefined, 'audits/20261123T060002Z.json: archived'),
      ...[1, 2, 3, 4].map((number) => found('tooManyBlobs', undefined, undefined, `folder ${number}`, 'warning')),
      later,
    ],
  );
}

/** Nothing is wrong. */
export function soundAudit(): ListedAudit {
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
