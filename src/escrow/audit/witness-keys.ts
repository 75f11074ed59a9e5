import {
  lossOf,
  presentVersions,
  turnSize,
  type WitnessCandidate,
  witnessTurns,
  witnessVersions,
} from '../coverage/witness.ts';
import { requiresBackup } from '../model/coverage-status.ts';
import { describeFailure } from '../model/failure.ts';
import { type Finding, finding } from '../model/finding.ts';
import { callsAtOnce, type EscrowSource } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import type { AuditedKey, WitnessedVersions } from '../records/audit-document.ts';
import { faultOfBlob } from '../records/blob-fault.ts';
import { recordPrefix } from '../records/blob-names.ts';
import { eachListed, inParallel } from '../records/bounded-read.ts';
import type { PackedKeys } from '../records/packed-keys.ts';
import { newestOrderFirst, orderOf, type RecordOrder } from '../records/record-order.ts';
import type { CheckedKey } from './checks/source-checks.ts';
import type { AuditTally } from './document/audit-totals.ts';
import type { SourceAuditContext, SourceToAudit } from './inputs/audit-inputs.ts';

/** A key between its coverage and its witnesses. */
export interface KeyDraft extends CheckedKey {
  /** Of the key as audited so far, among the packed keys of its source. */
  place: number;
  /** When its versions were last listed. */
  readonly known: WitnessCandidate['known'];
  /** Of its oldest record, as far as its folder was listed; for a key whose versions nobody has listed yet. */
  readonly firstRecordAt: Date | undefined;
}

/**
 * Looks at the versions of keys: of all that are new or have changed, then of a thirtieth of the others by turns, as far as the
 * day's requests go. What is known of versions is only added to.
 * @param packed the keys of the drafts. Those whose versions were listed are added once more, with them, which changes the place
 *   of their drafts.
 * @returns `waiting`: new and changed keys whose turn has not come today.
 */
export async function witnessKeys(
  { source, keys, witnessRequests }: SourceToAudit,
  drafts: readonly KeyDraft[],
  packed: Pick<PackedKeys, 'at' | 'add'>,
  context: SourceAuditContext,
  tally: Pick<AuditTally, 'takeBackProof'>,
): Promise<{ readonly findings: readonly Finding[]; readonly waiting: number }> {
  const { now, deadline } = context;
  const candidates = drafts.filter(isCandidate);
  const { urgent, others } = witnessTurns(candidates);
  const findings: Finding[] = [];
  const budget = { left: witnessRequests };
  let waiting = 0;
  await inParallel(
    [...urgent, ...others.slice(0, turnSize(candidates.length))],
    callsAtOnce(source.kind),
    async (draft, turn) => {
      const isUrgent = turn < urgent.length;
      if (budget.left <= 0 || deadline.aborted) {
        if (isUrgent) waiting++;
        return;
      }
      try {
        const audited = packed.at(draft.place);
        if (audited === undefined) return;
        const versions = await witnessVersions(keys, draft.listed, audited.versions, budget, now, deadline);
        if (versions === undefined) return;
        const lost = await lossNow(source, audited, versions, draft.firstRecordAt, context);
        const isNewlyReplaced = lost?.how === 'replaced' && lost.since === now.toISOString();
        // What drills proved was the key that had the name before.
        if (isNewlyReplaced) tally.takeBackProof(audited);
        draft.place = packed.add({ ...audited, versions, lost, ...(isNewlyReplaced && { drilledAt: undefined }) });
      } catch (error) {
        if (isUrgent) waiting++;
        const key = draft.listed.name;
        const { reason, remedy } = describeFailure(error, 'read', source, key);
        const text = { reason: 'its versions could not be read this time', detail: reason, remedy };
        findings.push(finding('versionsUncounted', 'warning', text, { source, key }));
      }
    },
  );
  return { findings, waiting };
}

function isCandidate(draft: KeyDraft): draft is KeyDraft & WitnessCandidate {
  return draft.listed !== undefined && requiresBackup(draft.status);
}

/** The loss that a fresh listing shows; the one that was known stands while a version of then is missing. */
async function lossNow(
  source: EscrowSource,
  audited: AuditedKey,
  versions: WitnessedVersions,
  firstRecordAt: Date | undefined,
  { store, previous, now, deadline }: SourceAuditContext,
): Promise<AuditedKey['lost']> {
  const { versions: known } = audited;
  const how = lossOf(known, versions, firstRecordAt);
  if (how === undefined) {
    // Every version that audits knew is there: the right record has been restored.
    const isBack = known !== undefined && versions.known.every(({ missingSince }) => missingSince === undefined);
    return isBack ? undefined : audited.lost;
  }
  const [oldest] = presentVersions(versions)
    .flatMap(({ createdAt }) => createdAt ?? [])
    .sort();
  const found =
    how === 'replaced' && oldest !== undefined
      ? await newestRecordBefore(store, source, audited.key, new Date(oldest), deadline)
      : undefined;
  const lastRecord = found ?? previous?.find(audited.source, audited.key)?.record?.blobName;
  return { how, since: now.toISOString(), ...(lastRecord && { lastRecord }) };
}

/**
 * The newest record that was made before a time, when there was another key under the name; undefined where the search does not
 * come to its end, because somebody has filled the folder.
 */
async function newestRecordBefore(
  store: EscrowStore,
  source: EscrowSource,
  key: string,
  before: Date,
  deadline: AbortSignal,
): Promise<string | undefined> {
  let newest: RecordOrder | undefined;
  const isComplete = await eachListed(store.list(recordPrefix(source, key), deadline, { metadata: true }), (blob) => {
    const order = orderOf(blob);
    if (order.time >= before || faultOfBlob(blob, source, key) !== undefined) return;
    if (newest === undefined || newestOrderFirst(order, newest) < 0) newest = order;
  });
  return isComplete ? newest?.blobName : undefined;
}
