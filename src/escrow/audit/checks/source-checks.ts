import type { KeyCoverage, SourceCoverage } from '../../coverage/coverage.ts';
import type { CoverageStatus } from '../../model/coverage-status.ts';
import { requiresBackup } from '../../model/coverage-status.ts';
import type { Finding, FindingText } from '../../model/finding.ts';
import { counted, finding, someOf } from '../../model/finding.ts';
import { isExcluded } from '../../model/selection.ts';
import type { EscrowSource, RestorePlace } from '../../model/source.ts';
import type { StoredAudit } from '../../records/stored-audits.ts';
import type { SourceHistory } from '../../run/run-history.ts';

// What is wrong with a source as a whole.

/** What the checks of a source need to know of each key; the rest of a covered key is let go. */
export interface CheckedKey {
  readonly key: string;
  readonly status: CoverageStatus;
  readonly statusBefore: CoverageStatus | undefined;
  readonly isListed: boolean;
  readonly isLate: boolean;
  readonly hadRecord: boolean;
  /** Where the newest record says it can be restored, when that is not what the settings say. */
  readonly elsewhere: boolean;
  readonly unreadable: string | undefined;
}

export function checkedKey(key: KeyCoverage, source: EscrowSource): CheckedKey {
  return {
    key: key.key,
    status: key.status,
    statusBefore: key.previousKey?.status,
    isListed: key.listed !== undefined,
    isLate: key.record?.late === true,
    hadRecord: key.previousKey?.record !== undefined,
    elsewhere: key.place !== undefined && isElsewhere(key.place, source.place),
    unreadable: key.unreadable?.reason,
  };
}

/** A record that says nothing claims nothing. */
function isElsewhere(claimed: RestorePlace, configured: RestorePlace): boolean {
  return (['subscriptionId', 'geography', 'securityDomain'] as const).some(
    (label) => claimed[label] !== undefined && configured[label] !== undefined && claimed[label] !== configured[label],
  );
}

type Listing = Pick<SourceCoverage<unknown>, 'unreadable'> & { readonly listedCount: number };

export function checkSource(source: EscrowSource, listing: Listing, keys: readonly CheckedKey[]): Finding[] {
  const make = (kind: Finding['finding'], severity: Finding['severity'], text: FindingText): Finding =>
    finding(kind, severity, text, { source });
  return [...listingChecks(source, listing, keys, make), ...recordChecks(keys, make)];
}

type Make = (kind: Finding['finding'], severity: Finding['severity'], text: FindingText) => Finding;

function listingChecks(
  source: EscrowSource,
  { unreadable, listedCount }: Listing,
  keys: readonly CheckedKey[],
  make: Make,
): Finding[] {
  if (unreadable !== undefined) {
    const { reason: detail, remedy } = unreadable;
    return [make('sourceUnreadable', 'gap', { reason: 'its keys cannot be listed', detail, remedy })];
  }
  const findings = silenceChecks(source, listedCount, keys);
  const were = keys.filter(
    ({ statusBefore }) => statusBefore !== undefined && requiresBackup(statusBefore) && statusBefore !== 'gone',
  );
  const newlyGone = keys.filter(({ status, statusBefore }) => status === 'gone' && statusBefore !== 'gone');
  // One key that is gone has a line of its own.
  if (newlyGone.length > 1 && newlyGone.length > were.length / 10) {
    findings.push(
      make('sourceShrank', 'gap', {
        reason: 'it shrank: many keys that require a backup are no longer listed',
        detail: `${newlyGone.length} of ${Math.max(were.length, newlyGone.length)} keys`,
        remedy: 'Check for a mass deletion, or for an identity that no longer sees every key.',
      }),
    );
  }
  const dropped = keys.filter(
    ({ status, statusBefore, hadRecord }) =>
      status === 'excluded' && statusBefore !== undefined && requiresBackup(statusBefore) && hadRecord,
  );
  if (dropped.length > 0) {
    findings.push(
      make('selectionNarrowed', 'warning', {
        reason: 'keys that were escrowed are left out by "keys" and "except" now',
        detail: `${counted(dropped.length, 'key')}: ${someOf(dropped.map(({ key }) => key))}`,
        remedy: 'If that is meant, nothing is to be done: their records stay. Otherwise correct the patterns.',
      }),
    );
  }
  return findings;
}

/** A source of which nothing is escrowed has no key that could complain. */
export function silenceChecks(
  source: EscrowSource,
  listedCount: number | undefined,
  keys: readonly Pick<CheckedKey, 'key' | 'status' | 'isListed'>[],
): Finding[] {
  if (listedCount === undefined) return [];
  if (listedCount === 0) {
    if (source.allowEmpty) return [];
    const remedy =
      'If it is meant to be empty, say "allowEmpty": true; otherwise check that this is the right source and that the identity sees its keys.';
    return [finding('sourceEmpty', 'gap', { reason: 'it lists no keys', remedy }, { source })];
  }
  // As a run judges: a retired key counts only where the patterns select it.
  const listedKeys = keys.filter(({ isListed }) => isListed);
  const isSelected = listedKeys.some(({ key }) => !isExcluded(source, key));
  if (isSelected || !listedKeys.some(({ status }) => status === 'excluded')) return [];
  const text = {
    reason: 'nothing of it is escrowed: no key matches the selection',
    detail: `${counted(listedCount, 'key')} listed`,
    remedy: 'Correct the "keys" and "except" patterns of the source.',
  };
  return [finding('selectionMatchesNothing', 'gap', text, { source })];
}

function recordChecks(keys: readonly CheckedKey[], make: Make): Finding[] {
  const findings: Finding[] = [];
  const unseen = keys.filter(({ status }) => status === 'notLookedAt');
  if (unseen.length > 0) {
    const [why] = unseen.flatMap(({ unreadable }) => unreadable ?? []);
    const detail = [
      `${counted(unseen.length, 'key')}: ${someOf(unseen.map(({ key }) => key))}`,
      why ?? 'their folders hold more than an audit looks at',
    ];
    findings.push(
      make('notLookedAt', 'gap', {
        reason: 'records of keys could not be looked at, so nothing is known of them today',
        detail: detail.join('; '),
        remedy:
          'If time ran out, raise functionTimeout; if a folder is overfull, find out who fills it (storage logs).',
      }),
    );
  }
  const late = keys.filter(({ isLate, status }) => isLate && requiresBackup(status));
  if (late.length > 0) {
    findings.push(
      make('recordsLate', 'warning', {
        reason:
          'the newest records came into this store more than an hour after they were made: it is a copy, or they were imported or planted',
        detail: counted(late.length, 'key'),
        remedy: 'After a copy, the next nightly run mends it; otherwise find out who wrote them (storage logs).',
      }),
    );
  }
  const elsewhere = keys.filter((key) => key.elsewhere);
  if (elsewhere.length > 0) {
    findings.push(
      make('recordsElsewhere', 'warning', {
        reason: 'the newest records say that they can be restored elsewhere than the settings say',
        detail: `${counted(elsewhere.length, 'key')}: ${someOf(elsewhere.map(({ key }) => key))}`,
        remedy: 'Correct subscriptionId, geography or securityDomain of the source, or find out who wrote the records.',
      }),
    );
  }
  return findings;
}

/** @param names of record folders that no audit, and no listing, has a key for. */
export function unknownRecords(source: EscrowSource, names: readonly string[]): Finding[] {
  if (names.length === 0) return [];
  const text = {
    reason: 'there are records of keys that no audit ever saw listed',
    detail: `${counted(names.length, 'key')}: ${someOf(names)}`,
    remedy:
      'A key made and deleted between two audits leaves such records; if none was, find out who wrote them (storage logs).',
  };
  return [finding('recordsOfUnknownKeys', 'warning', text, { source })];
}

export function reportChecks(source: EscrowSource, { unreadable, unread }: SourceHistory): Finding[] {
  const findings: Finding[] = [];
  const [first] = unreadable;
  if (first !== undefined) {
    const more = unreadable.length > 1 ? `, and ${unreadable.length - 1} more` : '';
    const text = {
      reason: 'run reports cannot be read, so the history of its runs has holes',
      detail: `${first.name}: ${first.why}${more}`,
      remedy: 'If it is archived, rehydrate it; if this version wrote no such report, find out who did (storage logs).',
    };
    findings.push(finding('reportUnreadable', 'warning', text, { source }));
  }
  if (unread > 0) {
    const text = {
      reason: 'there are more run reports than an audit reads; the oldest were left out',
      detail: counted(unread, 'report'),
      remedy: 'Find out what starts so many runs.',
    };
    findings.push(finding('tooManyBlobs', 'warning', text, { source }));
  }
  return findings;
}

/** Sources that the latest audit had, and that nobody looks at any more. */
export function checkLeftOut(previous: StoredAudit | undefined, configured: ReadonlySet<string>): Finding[] {
  const leftOut = (previous?.head.sources ?? []).filter(
    ({ source, leftOutSince }) => leftOutSince === undefined && !configured.has(source),
  );
  return leftOut.map(({ source, listed = 0 }) => ({
    finding: 'sourceLeftOut',
    severity: 'warning',
    source,
    reason: 'it is no longer configured',
    detail: `it listed ${counted(listed, 'key')}`,
    remedy:
      'If that is meant, its records stay (`keyvault-escrow list`); otherwise put it back into ESCROW_SOURCES: its keys are not escrowed any more.',
  }));
}
