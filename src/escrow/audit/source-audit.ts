import { coverSource, type SourceCoverage } from '../coverage/coverage.ts';
import { turnSize } from '../coverage/witness.ts';
import { count } from '../model/count.ts';
import type { Finding } from '../model/finding.ts';
import { sourcePath } from '../model/source.ts';
import type { AuditedKey, AuditedKeys, AuditedSource } from '../records/audit-document.ts';
import { recordPrefix } from '../records/blob-names.ts';
import { eachListed } from '../records/bounded-read.ts';
import { packKeys, selectKeys } from '../records/packed-keys.ts';
import { lastEndedRunAt } from '../records/stored-run.ts';
import { auditedRuns } from '../run/run-history.ts';
import { checkCoverage, checkIdentity } from './checks/key-checks.ts';
import { checkRuns } from './checks/run-checks.ts';
import { checkedKey, checkSource, folderChecks, reportChecks } from './checks/source-checks.ts';
import type { AuditTally } from './document/audit-totals.ts';
import { auditedKey } from './document/audited-key.ts';
import type { SourceAuditContext, SourceToAudit } from './inputs/audit-inputs.ts';
import { type KeyDraft, witnessKeys } from './witness-keys.ts';

/** Audits one source: coverage, versions, runs; what a person must know of it and what is wrong with it. */
export async function auditSource(
  subject: SourceToAudit,
  context: SourceAuditContext,
  tally: AuditTally,
): Promise<{ readonly audited: AuditedSource; readonly keys: AuditedKeys; readonly findings: readonly Finding[] }> {
  const { source, history } = subject;
  const { previous, now, maxAgeHours } = context;
  const path = sourcePath(source);
  const ofKeys: Finding[] = [];
  const packed = packKeys();
  const identities = new Map<number, readonly Finding[]>();
  // Looked at here, because a key that is packed costs to look at.
  const add = (audited: AuditedKey): number => {
    const place = packed.add(audited);
    const identity = checkIdentity(source, audited, now);
    if (identity.length > 0) identities.set(place, identity);
    return place;
  };
  const lastRunAt = lastEndedRunAt(history.runs, now);
  const toCover = { source, keys: subject.keys, lastRunAt, wholeFolders: wholeFolders(path, context) };
  const coverage = await coverSource(toCover, context, (covered): KeyDraft => {
    const lastFailure = history.failures.get(covered.key.toLowerCase())?.lastReason;
    const audited = auditedKey(covered, subject, context);
    const { versions } = audited;
    tally.add(audited);
    ofKeys.push(...checkCoverage(covered, { source, now, maxAgeHours, lastFailure }));
    return {
      ...checkedKey(covered, source),
      place: add(audited),
      known: versions && { listedAt: versions.listedAt, ofUpdatedAt: versions.ofUpdatedAt },
      firstRecordAt: versions === undefined ? covered.folder?.oldestAt : undefined,
    };
  });
  const witnessed = await witnessKeys(subject, coverage.keys, { at: packed.at, add }, context, tally);
  const places = coverage.keys.map(({ place }) => place);
  const { unreadable, listed } = coverage;
  const previousSource = previous?.head.sources.find((one) => one.source === path);
  // Of a source that was left out, or that no audit knew, no run was due.
  const wasJudged = previousSource !== undefined && previousSource.leftOutSince === undefined;
  const judged = previous && {
    at: new Date(previous.head.startedAt),
    schedule: wasJudged ? previous.head.asked.schedule : undefined,
    lastRunAt: previousSource?.runs[0] && new Date(previousSource.runs[0].startedAt),
  };
  const runs = checkRuns(subject, context, judged, previousSource?.missedRuns ?? []);
  return {
    audited: {
      source: path,
      sourceKind: source.kind,
      sourceName: source.name,
      place: source.place,
      listedAt: unreadable === undefined ? now.toISOString() : previousSource?.listedAt,
      listed: unreadable === undefined ? listed.size : undefined,
      unreadable,
      versionsWaiting: witnessed.waiting,
      runs: auditedRuns(history, previousSource?.runs ?? [], now),
      missedRuns: runs.missed.length > 0 ? runs.missed : undefined,
    },
    keys: selectKeys(packed, places),
    findings: [
      ...checkSource(coverage),
      ...(await unknownFolders(coverage, context)),
      ...runs.findings,
      ...reportChecks(source, history),
      ...capped(ofKeys),
      ...capped(places.flatMap((place) => identities.get(place) ?? [])),
      ...capped(witnessed.findings),
    ],
  };
}

/** Whose whole folder is listed in place of its last days: those never counted, and a thirtieth of the others by turns. */
function wholeFolders(path: string, { previous, store }: SourceAuditContext) {
  return (names: readonly string[]): ReadonlySet<string> => {
    if (previous?.head.container !== store.url) return new Set(names);
    const countedAt = (name: string): number => previous.countedAt(path, name) ?? 0;
    const inTurn = names.toSorted((a, b) => countedAt(a) - countedAt(b));
    const never = names.filter((name) => countedAt(name) === 0).length;
    return new Set(inTurn.slice(0, never + turnSize(names.length)));
  };
}

/** Records of keys that no listing and no audit knows: one request per 5,000 folders. */
async function unknownFolders(
  { source, unreadable, listed, keys }: SourceCoverage<KeyDraft>,
  { store, deadline }: SourceAuditContext,
): Promise<Finding[]> {
  // What an unreadable source has now is not known; and when time has run out, the keys that were left are reported so.
  if (unreadable !== undefined || deadline.aborted) return [];
  const known = new Set([...listed.keys(), ...keys.map(({ key }) => key.toLowerCase())]);
  const prefix = recordPrefix(source);
  const unknown: string[] = [];
  const isComplete = await eachListed(store.listFolders(prefix, deadline), (folder) => {
    const name = folder.slice(prefix.length, -1);
    if (!known.has(name)) unknown.push(name);
  });
  return folderChecks(source, unknown, isComplete);
}

/** Of one kind and severity in one source. */
const maxAlike = 1000;

/** What somebody can multiply must not make an audit that nobody can read: of too many alike, the first are listed. */
function capped(findings: readonly Finding[]): Finding[] {
  const groups = Map.groupBy(findings, ({ finding: kind, severity }) => `${kind} ${severity}`);
  return [...groups.values()].flatMap((group) => {
    const [last] = group.slice(maxAlike);
    if (last === undefined) return group;
    const { key: _, ...about } = last;
    const detail = `${count(group.length - maxAlike, 'more key')}, not named here`;
    return [...group.slice(0, maxAlike), { ...about, detail }];
  });
}
