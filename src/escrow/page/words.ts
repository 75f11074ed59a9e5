import type { CoverageStatus } from '../model/coverage-status.ts';
import { capitalised, type FindingKind, findingTitles } from '../model/finding.ts';
import { kindNouns, type SourceKind } from '../model/source.ts';
import type { AuditedSource } from '../records/audit-document.ts';
import { type Html, html } from './html.ts';

// The words of the page. Every status has a sign of its own, so that none is told by colour alone.

export const statusWords: Readonly<
  Record<CoverageStatus, { readonly sign: string; readonly word: string; readonly meaning: string }>
> = {
  fresh: { sign: '✓', word: 'Fresh', meaning: 'backed up within the maximal age' },
  stale: { sign: '◷', word: 'Stale', meaning: 'its newest backup is too old' },
  never: { sign: '✕', word: 'Never escrowed', meaning: 'no backup, although a run has passed' },
  pending: { sign: '…', word: 'Pending', meaning: 'new; its first run is still to come' },
  gone: { sign: '⌀', word: 'Gone', meaning: 'no longer in its source' },
  notLookedAt: { sign: '?', word: 'Not looked at', meaning: 'nothing is known of its records today' },
  certificateBacked: { sign: '§', word: 'Certificate-backed', meaning: 'only its certificate can be backed up' },
  excluded: { sign: '–', word: 'Excluded', meaning: 'left out by the settings' },
  retired: { sign: '▪', word: 'Retired', meaning: 'no longer escrowed, its records are kept' },
};

/** An audit of another version may have findings that this one has no words for: their own names must do. */
export function findingWord(kind: FindingKind): string {
  return Object.hasOwn(findingTitles, kind) ? findingTitles[kind] : kind;
}

export function kindWord(kind: SourceKind): string {
  return capitalised(kindNouns[kind]);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `24 Nov 2026, 02:00 UTC`. */
export function timeWords(iso: string): string {
  return `${dayWords(iso)} ${iso.slice(0, 4)}, ${iso.slice(11, 16)} UTC`;
}

export function timeElement(iso: string): Html {
  return html`<time datetime="${iso}">${timeWords(iso)}</time>`;
}

/** `24 Nov`. */
export function dayWords(iso: string): string {
  return `${Number(iso.slice(8, 10))} ${monthWord(iso)}`;
}

export function monthWord(iso: string): string {
  return months[Number(iso.slice(5, 7)) - 1] ?? '';
}

/** `12 s`, `3 min 20 s`, `2 h 05 min`. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Where backups of this kind can be restored; says so when the settings do not tell. */
export function placeWords(kind: SourceKind, place: AuditedSource['place']): string {
  if (kind === 'managedHsm') {
    return place.securityDomain === undefined
      ? 'a Managed HSM with the same security domain (not named in the settings)'
      : `a Managed HSM with the security domain ${place.securityDomain}`;
  }
  const { subscriptionId, geography } = place;
  if (subscriptionId === undefined && geography === undefined) {
    return 'a vault of the same subscription and geography (not named in the settings)';
  }
  return `a vault in subscription ${subscriptionId ?? '(not named)'}, geography ${geography ?? '(not named)'}`;
}
