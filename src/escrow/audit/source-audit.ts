import type { SourceCoverage } from '../coverage/coverage.ts';
import { coverSource } from '../coverage/coverage.ts';
import { turnSize } from '../coverage/witness.ts';
import type { Finding } from '../model/finding.ts';
import { counted, finding } from '../model/finding.ts';
import type { EscrowSource } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import { recordPrefix } from '../records/blob-names.ts';
import { eachListed } from '../records/capped-listing.ts';
import { packKeys, selectKeys } from '../records/packed-keys.ts';
import { auditedRuns } from '../run/run-history.ts';
import type { KeyDraft, SourceAudit, SourceAuditContext, SourceToAudit } from './audit-subject.ts';
import { checkCoverage, checkIdentity } from './checks/key-checks.ts';
import { checkRuns, missedRuns } from './checks/run-checks.ts';
import { checkedKey, checkSource, reportChecks, unknownRecords } from './checks/source-checks.ts';
import { auditedKey } from './document/audited-key.ts';
import { drilledKey } from './inputs/drill-history.ts';
import { witnessKeys } from './witness-keys.ts';

/** Audits one source: coverage, versions, runs; what a person must know of it and what is wrong with it. */
export async function auditSource(subject: SourceToAudit, context: SourceAuditContext): Promise<SourceAudit> {
  const { source, history } = subject;
  const { previous, now } = context;
  const path = sourcePath(source);
  const found: Finding[] = [];
  const packed = packKeys();
  const lastRunAt = history.runs.at(-1)?.startedAt;
  const toCover = { source, keys: subject.keys, lastRunAt, wholeFolders: wholeFolders(path, context) };
  const coverage = await coverSource(toCover, context, (covered): KeyDraft => {
    const failures = history.failures.get(covered.key.toLowerCase());
    const audited = auditedKey(covered, {
      source: path,
      now,
      maxAgeHours: context.maxAgeHours,
      previous,
      failedDays: failures?.days,
      drilledAt: context.drills.proven.get(drilledKey(path, covered.key)),
      firstRunAt: history.runs[0]?.startedAt,
    });
    found.push(
      ...checkCoverage(covered, { source, now, maxAgeHours: context.maxAgeHours, lastFailure: failures?.lastReason }),
    );
    const { versions } = audited;
    return {
      place: packed.add(audited),
      versions: versions && { listedAt: versions.listedAt, ofUpdatedAt: versions.ofUpdatedAt },
      checked: checkedKey(covered, source),
      listed: covered.listed,
      firstRecordAt: covered.folder?.oldestAt,
      wasGone: covered.previousKey?.status === 'gone',
    };
  });
  const witnessed = await witnessKeys(subject, coverage.keys, packed, context);
  const keys = selectKeys(packed, witnessed.places);
  const identities: Finding[] = [];
  for (const key of keys) identities.push(...checkIdentity(source, key, now));
  const { unreadable, listed } = coverage;
  const previousSource = previous?.head.sources.find((one) => one.source === path);
  const listedAt = unreadable === undefined ? now.toISOString() : previousSource?.listedAt;
  // A source that was left out was not judged.
  const judged =
    previousSource === undefined || previousSource.leftOutSince !== undefined || previous === undefined
      ? undefined
      : {
          at: new Date(previous.head.startedAt),
          schedule: previous.head.asked.schedule,
          lastRunAt: previousSource.runs[0] && new Date(previousSource.runs[0].startedAt),
        };
  const missed = missedRuns(history, context.schedule, now, judged, previousSource?.missedRuns ?? []);
  return {
    audited: {
      source: path,
      sourceKind: source.kind,
      sourceName: source.name,
      place: source.place,
      ...(listedAt && { listedAt }),
      ...(unreadable === undefined && { listed: listed.size }),
      ...(unreadable && { unreadable }),
      versionsWaiting: witnessed.waiting,
      runs: auditedRuns(history, previousSource?.runs ?? [], now),
      ...(missed.length > 0 && { missedRuns: missed }),
    },
    keys,
    findings: [
      ...checkSource(
        source,
        { unreadable, listedCount: listed.size },
        coverage.keys.map(({ checked }) => checked),
      ),
      ...certificatesGone(source, coverage, context),
      ...(await unknownFolders(source, coverage, context)),
      ...checkRuns(source, history, context.schedule, now, judged),
      ...reportChecks(source, history),
      ...capped(found),
      ...capped(identities),
      ...capped(witnessed.findings),
    ],
  };
}

/** Whose whole folder is listed in place of its last days: those never counted, and a thirtieth of the others by turns. */
function wholeFolders(path: string, { previous, store }: SourceAuditContext) {
  return (names: readonly string[]): ReadonlySet<string> => {
    if (previous?.head.container !== store.url) return new Set(names);
    const counts = names.map((name) => ({ name, at: previous.find(path, name)?.folder?.listedAt ?? '' }));
    const inTurn = counts.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
    const never = inTurn.filter(({ at }) => at === '').length;
    return new Set(inTurn.slice(0, never + turnSize(names.length)).map(({ name }) => name));
  };
}

/** Nothing of the escrow's is lost with a certificate's key; that it is gone is reported all the same, once. */
function certificatesGone(
  source: EscrowSource,
  { unreadable, listed }: SourceCoverage<KeyDraft>,
  { previous }: SourceAuditContext,
): Finding[] {
  if (unreadable !== undefined || previous === undefined) return [];
  const findings: Finding[] = [];
  for (const { key, status } of previous.keysOf(sourcePath(source))) {
    if (status !== 'certificateBacked' || listed.has(key.toLowerCase())) continue;
    const reason = 'it belonged to a certificate, and is gone';
    const remedy =
      'If it was deleted by mistake, recover the certificate while it is soft-deleted: the escrow has no backup of it.';
    findings.push(finding('keyGone', 'warning', { reason, remedy }, { source, key }));
  }
  return findings;
}

/** Records of keys that no listing and no audit knows: one request per 5,000 folders. */
async function unknownFolders(
  source: EscrowSource,
  { unreadable, listed, keys }: SourceCoverage<KeyDraft>,
  { store, deadline }: SourceAuditContext,
): Promise<Finding[]> {
  // What an unreadable source has now is not known; and when time has run out, the keys that were left are reported so.
  if (unreadable !== undefined || deadline.aborted) return [];
  const known = new Set([...listed.keys(), ...keys.map(({ checked }) => checked.key.toLowerCase())]);
  const prefix = recordPrefix(source);
  const unknown: string[] = [];
  const isComplete = await eachListed(store.listFolders(prefix, deadline), (folder) => {
    const name = folder.slice(prefix.length, -1);
    if (!known.has(name)) unknown.push(name);
  });
  const findings = unknownRecords(source, unknown);
  if (isComplete) return findings;
  const text = {
    reason: 'it has more record folders than an audit looks at',
    remedy: 'Find out who fills it (storage logs).',
  };
  return [...findings, finding('tooManyBlobs', 'warning', text, { source })];
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
    const detail = `${counted(group.length - maxAlike, 'more key')}, not named here`;
    return [...group.slice(0, maxAlike), { ...about, detail }];
  });
}
