import type { KeyCoverage, SourceCoverage } from '../../coverage/coverage.ts';
import { count, digits } from '../../model/count.ts';
import { requiresBackup } from '../../model/coverage-status.ts';
import { type Finding, findingsOf, found, type MakeFinding, someOf } from '../../model/finding.ts';
import { faultOfListing, listingRemedies } from '../../model/selection.ts';
import { differingLabels, type EscrowSource } from '../../model/source.ts';
import type { AuditedSource } from '../../records/audit-document.ts';
import type { SourceHistory } from '../../run/run-history.ts';

export type CheckedKey = ReturnType<typeof checkedKey>;

/** What the checks of a source need to know of each key; the rest of a covered key is let go. */
export function checkedKey(covered: KeyCoverage, source: EscrowSource) {
  const { key, status, listed, previousKey, record, place, unreadable } = covered;
  return {
    key,
    status,
    listed,
    statusBefore: previousKey?.status,
    isLate: record?.late === true,
    hadRecord: previousKey?.record !== undefined,
    /** Whether the newest record says that it can be restored elsewhere than the settings say. */
    elsewhere: place !== undefined && differingLabels(place, source.place).length > 0,
    unreadable: unreadable?.reason,
  };
}

export function checkSource(coverage: SourceCoverage<CheckedKey>): Finding[] {
  const of = findingsOf({ source: coverage.source });
  return [...listingChecks(coverage, of), ...recordChecks(coverage.keys, of), ...certificateChecks(coverage)];
}

function listingChecks(coverage: SourceCoverage<CheckedKey>, of: MakeFinding): Finding[] {
  const { unreadable, keys } = coverage;
  if (unreadable !== undefined) {
    const { reason: detail, remedy } = unreadable;
    return [of('sourceUnreadable', 'gap', { reason: 'its keys cannot be listed', detail, remedy })];
  }
  const required = keys.filter(({ statusBefore }) => statusBefore !== undefined && requiresBackup(statusBefore));
  const were = required.filter(({ statusBefore }) => statusBefore !== 'gone');
  const newlyGone = were.filter(({ status }) => status === 'gone');
  // A key that is gone is retired to end its alarm; one that is there may be caught by a pattern that covers too much.
  const isDropped = ({ status, listed }: CheckedKey): boolean =>
    status === 'excluded' || (status === 'retired' && listed !== undefined);
  const dropped = required.filter((key) => key.hadRecord && isDropped(key));
  return found(
    ...silenceChecks(coverage),
    // One key that is gone has a line of its own.
    newlyGone.length > 1 &&
      newlyGone.length > were.length / 10 &&
      of('sourceShrank', 'gap', {
        reason: 'it shrank: many keys that require a backup are no longer listed',
        detail: `${digits(newlyGone.length)} of ${digits(were.length)} keys`,
        remedy: 'Check for a mass deletion, or for an identity that no longer sees every key.',
      }),
    dropped.length > 0 &&
      of('selectionNarrowed', 'warning', {
        reason: 'keys that were escrowed are left out by "keys", "except" or "retired" now',
        detail: someKeys(dropped),
        remedy: 'If that is meant, nothing is to be done: their records stay. Otherwise correct the patterns.',
      }),
  );
}

/** A source of which nothing is escrowed has no key that could complain. */
export function silenceChecks({ source, unreadable, listed }: SourceCoverage<unknown>): Finding[] {
  const of = findingsOf({ source });
  const fault = unreadable === undefined ? faultOfListing(source, listed.keys()) : undefined;
  return found(
    fault === 'empty' && of('sourceEmpty', 'gap', { reason: 'it lists no keys', remedy: listingRemedies.empty }),
    fault === 'matchesNothing' &&
      of('selectionMatchesNothing', 'gap', {
        reason: 'nothing of it is escrowed: no key matches the selection',
        detail: `${count(listed.size, 'key')} listed`,
        remedy: listingRemedies.matchesNothing,
      }),
  );
}

function recordChecks(keys: readonly CheckedKey[], of: MakeFinding): Finding[] {
  const unseen = keys.filter(({ status }) => status === 'notLookedAt');
  const [why = 'their folders hold more than an audit looks at'] = unseen.flatMap(({ unreadable }) => unreadable ?? []);
  const late = keys.filter(({ isLate, status }) => isLate && requiresBackup(status));
  const elsewhere = keys.filter((key) => key.elsewhere);
  return found(
    unseen.length > 0 &&
      of('notLookedAt', 'gap', {
        reason: 'records of keys could not be looked at, so nothing is known of them today',
        detail: `${someKeys(unseen)}; ${why}`,
        remedy:
          'If time ran out, raise functionTimeout; if a folder is overfull, find out who fills it (storage logs).',
      }),
    late.length > 0 &&
      of('recordsLate', 'warning', {
        reason:
          'the newest records came into this store more than an hour after they were made: it is a copy, or they were imported or planted',
        detail: count(late.length, 'key'),
        remedy: 'After a copy, the next nightly run mends it; otherwise find out who wrote them (storage logs).',
      }),
    elsewhere.length > 0 &&
      of('recordsElsewhere', 'warning', {
        reason: 'the newest records say that they can be restored elsewhere than the settings say',
        detail: someKeys(elsewhere),
        remedy: 'Correct subscriptionId, geography or securityDomain of the source, or find out who wrote the records.',
      }),
  );
}

function someKeys(keys: readonly { readonly key: string }[]): string {
  return `${count(keys.length, 'key')}: ${someOf(keys.map(({ key }) => key))}`;
}

/** Nothing of the escrow's is lost with a certificate's key; that it is gone is reported all the same, once. */
function certificateChecks({ source, certificatesGone }: SourceCoverage<unknown>): Finding[] {
  return certificatesGone.map((key) =>
    findingsOf({ source, key })('keyGone', 'warning', {
      reason: 'it belonged to a certificate, and is gone',
      remedy:
        'If it was deleted by mistake, recover the certificate while it is soft-deleted: the escrow has no backup of it.',
    }),
  );
}

/**
 * @param unknown names of record folders that no audit, and no listing, has a key for.
 * @param isComplete false where there are more folders than an audit looks at.
 */
export function folderChecks(source: EscrowSource, unknown: readonly string[], isComplete: boolean): Finding[] {
  const of = findingsOf({ source });
  return found(
    unknown.length > 0 &&
      of('recordsOfUnknownKeys', 'warning', {
        reason: 'there are records of keys that no audit ever saw listed',
        detail: `${count(unknown.length, 'key')}: ${someOf(unknown)}`,
        remedy:
          'A key made and deleted between two audits leaves such records; if none was, find out who wrote them (storage logs).',
      }),
    !isComplete &&
      of('tooManyBlobs', 'warning', {
        reason: 'it has more record folders than an audit looks at',
        remedy: 'Find out who fills it (storage logs).',
      }),
  );
}

export function reportChecks(source: EscrowSource, { unreadable, unread }: SourceHistory): Finding[] {
  const of = findingsOf({ source });
  const faults = unreadable.map(({ name, why }) => `${name}: ${why}`);
  return found(
    faults.length > 0 &&
      of('reportUnreadable', 'warning', {
        reason: 'run reports cannot be read, so the history of its runs has holes',
        detail: someOf(faults, 1),
        remedy:
          'If it is archived, rehydrate it; if this version wrote no such report, find out who did (storage logs).',
      }),
    unread > 0 &&
      of('tooManyBlobs', 'warning', {
        reason: 'there are more run reports than an audit reads; the oldest were left out',
        detail: count(unread, 'report'),
        remedy: 'Find out what starts so many runs.',
      }),
  );
}

/** @param leftOut sources that earlier audits had, and that the settings name no longer. */
export function checkLeftOut(leftOut: readonly AuditedSource[]): Finding[] {
  return leftOut
    .filter(({ leftOutSince }) => leftOutSince === undefined)
    .map(({ source, listed = 0 }) => ({
      finding: 'sourceLeftOut',
      severity: 'warning',
      source,
      reason: 'it is no longer configured',
      detail: `it listed ${count(listed, 'key')}`,
      remedy:
        'If that is meant, its records stay (`keyvault-escrow list`); otherwise put it back into ESCROW_SOURCES: its keys are not escrowed any more.',
    }));
}
