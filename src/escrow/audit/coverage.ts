import PQueue from 'p-queue';
import type { Failure } from '../model/failure.ts';
import { describeFailure } from '../model/failure.ts';
import { literalKeys, skipReasonOf } from '../model/selection.ts';
import type { EscrowSource } from '../model/source.ts';
import type { SourceKey } from '../model/source-key.ts';
import { sourcePath } from '../model/source-path.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import type { KeySource } from '../ports/key-source.ts';
import { listRuns } from '../records/stored-run.ts';
import type { AuditedKey } from './audit-document.ts';
import { readAuditTrail } from './audit-trail.ts';
import type { CoverageStatus } from './coverage-status.ts';
import { isOwed, judgeKey } from './coverage-status.ts';
import type { EarlierCoverage } from './earlier-coverage.ts';
import { earlierCoverageOf } from './earlier-coverage.ts';
import type { NewestRecord, RecordClaim, RecordFault } from './newest-records.ts';
import { findNewestRecord } from './newest-records.ts';
import type { SourceHistory } from './recent-outcomes.ts';
import { emptyHistory, readOutcomes } from './recent-outcomes.ts';

/** Where one key stands, and its newest record. */
export interface KeyCoverage {
  /** In the service's casing where it shows the key. */
  readonly key: string;
  readonly status: CoverageStatus;
  /** As the source lists it now; absent when it does not, or could not be asked. */
  readonly listed?: SourceKey;
  readonly firstSeenAt: Date;
  readonly record?: NewestRecord;
  /** Milliseconds. */
  readonly ageMs?: number;
  /** Records that are not as they were said to be. */
  readonly faults: readonly RecordFault[];
}

export interface SourceCoverage {
  readonly source: EscrowSource;
  /** Why the source could not be listed; its keys are then those known from before. */
  readonly unreadable?: Failure;
  /** How many keys it lists; absent with `unreadable`. */
  readonly listedCount?: number;
  readonly keys: readonly KeyCoverage[];
}

export interface CoverageContext {
  readonly container: EscrowStore;
  readonly now: Date;
  readonly maxAgeHours: number;
  readonly outOfTime: AbortSignal;
}

/** Storage takes far more at once than a vault does. */
const looksAtOnce = 32;

/**
 * Coverage of sources as of now, for a person: the same judgement as the audit's, without writing anything. Sources are
 * covered side by side; one that cannot be read says so in its own entry.
 * @throws ServiceError when the escrow container cannot be read.
 */
export async function readCoverage(
  context: CoverageContext,
  sources: readonly { readonly source: EscrowSource; readonly keys: KeySource }[],
): Promise<SourceCoverage[]> {
  const { container, now, outOfTime } = context;
  const freshSince = freshSinceOf(context);
  const { newest: previous } = await readAuditTrail(container, now, outOfTime);
  const runs = await listRuns(container, freshSince, now, outOfTime);
  const histories = await readOutcomes(container, runs, (blob) => blob.createdAt >= freshSince, outOfTime);
  return Promise.all(
    sources.map(({ source, keys }) => {
      const path = sourcePath(source);
      const history = histories.get(path) ?? emptyHistory();
      return coverSource({ source, keys, history, earlier: earlierCoverageOf(previous, path) }, context);
    }),
  );
}

export function freshSinceOf({ now, maxAgeHours }: Pick<CoverageContext, 'now' | 'maxAgeHours'>): Date {
  return new Date(now.getTime() - maxAgeHours * 60 * 60 * 1000);
}

export interface SourceToCover {
  readonly source: EscrowSource;
  readonly keys: KeySource;
  readonly history: SourceHistory;
  readonly earlier: EarlierCoverage;
}

/** Lists a source and finds the newest record of each key that is, was or should be there. */
export async function coverSource(
  { source, keys, history, earlier }: SourceToCover,
  context: CoverageContext,
): Promise<SourceCoverage> {
  const { container, now, outOfTime } = context;
  const listed = new Map<string, SourceKey>();
  let unreadable: Failure | undefined;
  try {
    for await (const key of keys.listKeys(outOfTime)) listed.set(key.name.toLowerCase(), key);
  } catch (error) {
    unreadable = describeFailure(error, 'list', source);
  }

  const freshSince = freshSinceOf(context);
  const lastRunAt = history.runs.at(-1)?.startedAt;
  const names = new Set([
    ...listed.keys(),
    ...earlier.keys.keys(),
    ...namesEscrowedSince(freshSince, history),
    ...literalKeys(source),
  ]);
  const found: KeyCoverage[] = [];
  const cover = async (name: string): Promise<void> => {
    const shown = listed.get(name);
    const before = earlier.keys.get(name);
    // What was gone already is not back because nobody can look.
    const isThere = shown !== undefined || (unreadable !== undefined && before?.status !== 'gone');
    const skip = skipReasonOf(source, shown ?? assumedKey(before?.key ?? name, before?.status === 'certificateBacked'));
    // An excluded or certificate-backed key that was deleted: nothing of ours is lost, and nothing is left to say.
    if (!isThere && skip !== undefined && skip !== 'retired') return;
    // A retired key keeps its record, if it ever had one; of the others that are not escrowed none is expected.
    const isSearched = skip === undefined || (skip === 'retired' && before?.record !== undefined);
    const claims = claimsOf(history.keys.get(name)?.claim, before, earlier.name, freshSince);
    const { record, faults } = isSearched
      ? await findNewestRecord(container, { source, key: name, claims, freshSince }, outOfTime)
      : { record: undefined, faults: [] };
    const firstSeenAt = firstSeen(shown, before, skip === undefined, earlier.audited !== undefined, now);
    const wasNever = before?.status === 'never';
    const status = judgeKey({ skip, isThere, record, firstSeenAt, lastRunAt, wasNever, freshSince });
    found.push({
      key: shown?.name ?? before?.key ?? name,
      status,
      ...(shown && { listed: shown }),
      firstSeenAt,
      ...(record && { record, ageMs: Math.max(0, now.getTime() - record.createdAt.getTime()) }),
      faults,
    });
  };
  const queue = new PQueue({ concurrency: looksAtOnce });
  await queue.addAll([...names].map((name) => () => cover(name)));
  found.sort((a, b) => (a.key.toLowerCase() < b.key.toLowerCase() ? -1 : 1));
  return { source, ...(unreadable ? { unreadable } : { listedCount: listed.size }), keys: found };
}

/** Keys that no audit has seen, though a report of late says that they were escrowed: made and lost in between. */
function* namesEscrowedSince(since: Date, history: SourceHistory): Iterable<string> {
  for (const [name, { claim }] of history.keys) {
    if (claim !== undefined && claim.saidAt >= since) yield name;
  }
}

/** A key that the source does not show, as far as the selection needs it. */
function assumedKey(name: string, certificateBacked: boolean): SourceKey {
  return { name, id: '', enabled: true, createdAt: undefined, updatedAt: undefined, certificateBacked };
}

/** A report too old to name a fresh record is not asked: the audit before has checked what it names. */
function claimsOf(
  claim: RecordClaim | undefined,
  before: AuditedKey | undefined,
  auditName: string,
  freshSince: Date,
): RecordClaim[] {
  const claims = claim === undefined || claim.saidAt < freshSince ? [] : [claim];
  const known = before?.record;
  if (known === undefined || claims.some(({ blobName }) => blobName === known.blobName)) return claims;
  const { blobName, bytes, sha256, createdAt } = known;
  return [...claims, { blobName, bytes, sha256, saidBy: auditName, saidAt: new Date(createdAt) }];
}

/**
 * When a key became one to escrow: as the audit before knew it; now, where that audit did not know it or had it excluded;
 * without any audit before, the creation of its current version, when it must have existed.
 */
function firstSeen(
  shown: SourceKey | undefined,
  before: { readonly status: CoverageStatus; readonly firstSeenAt: string } | undefined,
  isSelected: boolean,
  wasAudited: boolean,
  now: Date,
): Date {
  if (before !== undefined && isOwed(before.status) === isSelected) return new Date(before.firstSeenAt);
  if (before !== undefined || wasAudited) return now;
  return shown?.createdAt !== undefined && shown.createdAt < now ? shown.createdAt : now;
}
