import PQueue from 'p-queue';
import { describeFailure } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import { describeAge } from '../model/finding.ts';
import type { EscrowSource } from '../model/source.ts';
import { callsAtOnce } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import type { Audit, AuditedSource } from './audit-document.ts';
import type { KeyAuditContext } from './audited-key.ts';
import { auditedKey } from './audited-key.ts';
import type { KeyCoverage, SourceCoverage, SourceToCover } from './coverage.ts';
import { coverSource } from './coverage.ts';
import { isOwed } from './coverage-status.ts';
import type { EarlierCoverage } from './earlier-coverage.ts';
import {
  certificateGone,
  configuredKeyMissing,
  keyGone,
  keyReplaced,
  manyVersions,
  neverEscrowed,
  recordFault,
  staleRecord,
  versionsUncounted,
} from './key-findings.ts';
import type { RunsJudged } from './run-check.ts';
import { auditedRuns, checkRuns } from './run-check.ts';
import { reportUnreadable, silenceFindings, sourceShrank, sourceUnreadable } from './source-findings.ts';
import type { WitnessedVersions } from './witness.ts';
import { chooseWitnessed, witnessVersions } from './witness.ts';

export interface SourceAuditContext extends KeyAuditContext {
  readonly schedule: string;
  /** The audit before. */
  readonly before: Audit | undefined;
}

/** Audits one source: coverage, runs, versions; what a person must know of it and what is wrong with it. */
export async function auditSource(
  subject: SourceToCover,
  context: SourceAuditContext,
): Promise<{ readonly audited: AuditedSource; readonly findings: readonly Finding[] }> {
  const { source, history, earlier } = subject;
  const coverage = await coverSource(subject, context);
  const witnessed = await witnessKeys(subject, coverage, context);
  const keys = coverage.keys.map((key) => auditedKey(key, witnessed.versions, subject, context));
  const { unreadable, listedCount } = coverage;
  return {
    audited: {
      source: sourcePath(source),
      sourceKind: source.kind,
      sourceName: source.name,
      place: source.place,
      ...(listedCount !== undefined && { listed: listedCount }),
      ...(unreadable && { unreadable }),
      runs: auditedRuns(history, earlier.audited?.runs ?? [], context.now),
      keys,
    },
    findings: [
      ...listingFindings(source, coverage, subject),
      ...checkRuns(source, history, context.schedule, context.now, runsJudged(earlier, context.before)),
      ...history.unreadable.map((name) => reportUnreadable(source, name)),
      ...coverage.keys.flatMap((key) => keyFindings(key, subject)),
      ...keys.flatMap(({ key, versions }) => manyVersions(source, key, versions?.count ?? 0) ?? []),
      ...witnessed.findings,
    ],
  };
}

function runsJudged({ audited }: EarlierCoverage, before: Audit | undefined): RunsJudged | undefined {
  if (audited === undefined || before === undefined) return undefined;
  const [last] = audited.runs;
  const lastRunAt = last && new Date(last.startedAt);
  return { at: new Date(before.startedAt), schedule: before.asked.schedule, lastRunAt };
}

function listingFindings(
  source: EscrowSource,
  { unreadable, listedCount, keys }: SourceCoverage,
  { earlier }: SourceToCover,
): Finding[] {
  if (unreadable !== undefined) return [sourceUnreadable(source, unreadable)];
  const findings = silenceFindings(source, { keys, ...(listedCount !== undefined && { listedCount }) });
  const before = [...earlier.keys.values()].filter(({ status }) => isOwed(status) && status !== 'gone');
  const newlyGone = keys.filter((key) => key.status === 'gone' && earlier.keys.get(nameOf(key))?.status !== 'gone');
  // One key that is gone has a line of its own.
  if (newlyGone.length > 1 && newlyGone.length > before.length / 10) {
    findings.push(sourceShrank(source, newlyGone.length, Math.max(before.length, newlyGone.length)));
  }
  return [...findings, ...certificatesGone(source, keys, earlier)];
}

/** Nothing of the escrow's is lost with a certificate's key; that it is gone is said all the same, once. */
function certificatesGone(source: EscrowSource, keys: readonly KeyCoverage[], earlier: EarlierCoverage): Finding[] {
  const there = new Set(keys.map(nameOf));
  return [...earlier.keys]
    .filter(([name, { status }]) => status === 'certificateBacked' && !there.has(name))
    .map(([, { key }]) => certificateGone(source, key));
}

function keyFindings(key: KeyCoverage, { source, history, earlier }: SourceToCover): Finding[] {
  const findings = key.faults.map((fault) => recordFault(source, key.key, fault));
  const lastFailure = history.keys.get(nameOf(key))?.lastFailure?.message;
  if (key.status === 'stale' && key.record !== undefined) {
    const age = describeAge(key.ageMs ?? 0);
    findings.push(staleRecord(source, key.key, key.record.createdAt, age, lastFailure));
  }
  // What was lost a moment ago has not "never" been escrowed: its missing record says it all.
  if (key.status === 'never' && key.faults.length === 0) findings.push(neverEscrowed(source, key.key, lastFailure));
  const before = earlier.keys.get(nameOf(key));
  if (key.status === 'certificateBacked' && before?.record !== undefined) {
    findings.push(keyReplaced(source, key.key, before.record.blobName));
  }
  if (key.status === 'gone') {
    const wasThere = before !== undefined || key.record !== undefined;
    findings.push(wasThere ? keyGone(source, key.key, key.record?.blobName) : configuredKeyMissing(source, key.key));
  }
  return findings;
}

/** Counts and witnesses the versions of those keys whose turn it is; the others keep what is known of them. */
async function witnessKeys(
  { source, keys, earlier }: SourceToCover,
  coverage: SourceCoverage,
  { now, outOfTime }: SourceAuditContext,
): Promise<{ readonly versions: ReadonlyMap<string, WitnessedVersions>; readonly findings: readonly Finding[] }> {
  const versions = new Map<string, WitnessedVersions>();
  for (const [name, { versions: known }] of earlier.keys) if (known !== undefined) versions.set(name, known);
  const candidates = coverage.keys.flatMap((key) =>
    key.listed !== undefined && isOwed(key.status) ? [{ key: key.listed, known: versions.get(nameOf(key)) }] : [],
  );
  const findings: Finding[] = [];
  const queue = new PQueue({ concurrency: callsAtOnce(source.kind) });
  await queue.addAll(
    chooseWitnessed(candidates).map((candidate) => async () => {
      const { name } = candidate.key;
      try {
        versions.set(name.toLowerCase(), await witnessVersions(keys, candidate, now, outOfTime));
      } catch (error) {
        findings.push(versionsUncounted(source, name, describeFailure(error, 'read', source, name)));
      }
    }),
  );
  return { versions, findings };
}

function nameOf({ key }: KeyCoverage): string {
  return key.toLowerCase();
}
