import * as z from 'zod/mini';
import type { Failure } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import { parseSchedule } from '../model/run-time.ts';
import type { RestorePlace } from '../model/source.ts';
import { keyNamePattern, parseSourcePath } from '../model/source-path.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import { isEvidenceName } from '../records/blob-names.ts';
import { mostAuditBytes, readBounded } from '../records/bounded-read.ts';
import { sha256Of } from '../records/put-once.ts';
import type { SeenCanary } from '../write-once/canary-check.ts';
import type {
  Audit,
  AuditedKey,
  AuditedRecord,
  AuditedRun,
  AuditedSource,
  AuditTotals,
  ChainLink,
  EvidenceDigest,
} from './audit-document.ts';
import { auditFormat } from './audit-document.ts';
import { coverageStatuses } from './coverage-status.ts';
import type { Witness, WitnessedVersions } from './witness.ts';

/** An audit as it was read back. */
export interface StoredAudit {
  readonly name: string;
  /** Of the content as read. */
  readonly sha256: string;
  /** Whether the digest that its writer put beside it says the same. */
  readonly isAsWritten: boolean;
  readonly createdAt: Date;
  /** Undefined when the content is no audit. */
  readonly audit: Audit | undefined;
}

/** @param now for reading what is to be gone by: no time in it is taken for later than this. */
export async function readAudit(
  container: EscrowStore,
  blob: StoredBlob,
  outOfTime: AbortSignal,
  now?: Date,
): Promise<StoredAudit> {
  const bytes = await readBounded(container, blob.name, mostAuditBytes, outOfTime);
  const sha256 = sha256Of(bytes);
  return {
    name: blob.name,
    sha256,
    isAsWritten: blob.metadata.sha256 === sha256,
    createdAt: blob.createdAt,
    audit: parseAudit(Buffer.from(bytes).toString('utf8'), now),
  };
}

/** Reads an audit back; undefined when the text is none. Whether it is unaltered, the chain tells. */
export function parseAudit(text: string, now?: Date): Audit | undefined {
  try {
    const audit = JSON.parse(text, now && notAfter(now));
    return auditShape.safeParse(audit).success ? audit : undefined;
  } catch {
    return undefined;
  }
}

/** A key first seen in the year 9999 would be pending for ever, a drill of then never overdue. */
function notAfter(now: Date): (name: string, value: unknown) => unknown {
  const latest = now.toISOString();
  return (_, value) => (typeof value === 'string' && value > latest && time.safeParse(value).success ? latest : value);
}

/** Every member has to be named: what later audits and the page go by is never believed unchecked. */
function shapeOf<T>(members: Record<keyof T, z.ZodMiniType>): z.ZodMiniType {
  return z.object(members);
}

const text = z.string();
const number = z.number();
const time = z.iso.datetime();
const place = shapeOf<RestorePlace>({
  subscriptionId: z.optional(text),
  geography: z.optional(text),
  securityDomain: z.optional(text),
});
const evidence = shapeOf<EvidenceDigest>({ name: text.check(z.refine(isEvidenceName)), sha256: text });
const record = shapeOf<AuditedRecord>({
  blobName: text,
  bytes: number,
  sha256: text,
  createdAt: time,
  runId: z.optional(text),
  place: z.optional(place),
});
const witness = shapeOf<Witness>({
  version: text,
  thumbprint: z.optional(text),
  unread: z.optional(z.literal(true)),
});
const versions = shapeOf<WitnessedVersions>({
  count: number,
  countedAt: time,
  ofUpdatedAt: z.optional(time),
  witnesses: z.array(witness),
});
const key = shapeOf<AuditedKey>({
  key: text.check(z.regex(keyNamePattern)),
  id: z.optional(text),
  status: z.enum(coverageStatuses),
  enabled: z.optional(z.boolean()),
  updatedAt: z.optional(time),
  firstSeenAt: time,
  record: z.optional(record),
  versions: z.optional(versions),
  drilledAt: z.optional(time),
  // Run-length marks: long ones would be blown up where they are drawn.
  days: text.check(z.maxLength(1000), z.regex(/^(?:[a-z-]\d{1,3})*$/), z.refine(isYearAtMost)),
});
const run = shapeOf<AuditedRun>({
  runId: text,
  startedAt: time,
  status: z.enum(['ok', 'incomplete', 'unfinished']),
  trigger: z.optional(z.enum(['schedule', 'request', 'event'])),
  finishedAt: z.optional(time),
  durationMs: z.optional(number),
  considered: z.optional(number),
  escrowed: z.optional(number),
  skipped: z.optional(number),
  failed: z.optional(number),
  throttled: z.optional(number),
  attempts: z.optional(number),
});
const failure = shapeOf<Pick<Failure, 'code' | 'attempt' | 'subject' | 'reason' | 'remedy'>>({
  code: text,
  attempt: text,
  subject: text,
  reason: text,
  remedy: text,
});
const source = shapeOf<AuditedSource>({
  source: text.check(z.refine((path) => parseSourcePath(path) !== undefined)),
  sourceKind: z.enum(['vault', 'managedHsm']),
  sourceName: text,
  place,
  listed: z.optional(number),
  unreadable: z.optional(failure),
  runs: z.array(run),
  keys: z.array(key),
});
const mostDays = 366;
// Of a first audit: 90 days of reports of a thousand sources.
const mostEvidence = 100_000;
const canary = shapeOf<SeenCanary>({ canary: text, createdAt: time, etag: text });
const drill = shapeOf<NonNullable<Audit['drill']>>({ receipt: text, finishedAt: time, keys: number });

const auditShape = shapeOf<Audit>({
  format: z.literal(auditFormat),
  auditId: text,
  startedAt: time,
  finishedAt: time,
  container: text,
  status: z.enum(['ok', 'gaps']),
  asked: shapeOf<Audit['asked']>({
    schedule: text,
    auditSchedule: z.optional(text.check(z.refine(isSchedule))),
    maxAgeHours: number,
    maxDrillAgeDays: z.optional(number),
  }),
  totals: shapeOf<AuditTotals>({
    keys: number,
    restorable: number,
    asOf: z.optional(time),
    byStatus: z.partialRecord(z.enum(coverageStatuses), number),
  }),
  findings: z.array(
    shapeOf<Finding>({
      finding: text,
      severity: z.enum(['gap', 'warning']),
      source: z.optional(text),
      key: z.optional(text),
      message: text,
      remedy: text,
    }),
  ),
  sources: z.array(source),
  calendar: shapeOf<Audit['calendar']>({ from: z.iso.date(), days: z.int().check(z.minimum(1), z.maximum(mostDays)) }),
  writeOnce: z.optional(canary),
  drill: z.optional(drill),
  chain: shapeOf<ChainLink>({
    previous: z.optional(evidence),
    evidence: z.array(evidence).check(z.maxLength(mostEvidence)),
  }),
});

function isYearAtMost(marks: string): boolean {
  return marks.split(/[a-z-]/).reduce((sum, days) => sum + Number(days), 0) <= mostDays;
}

function isSchedule(expression: string): boolean {
  try {
    return parseSchedule(expression) !== undefined;
  } catch {
    return false;
  }
}
