import { sourcePath } from '../model/source-path.ts';
import type { SourceId } from './source.ts';

/** What was found; the names are a contract with the alarms. */
export type FindingKind =
  | 'neverEscrowed'
  | 'stale'
  | 'recordMissing'
  | 'recordAltered'
  | 'recordTooEarly'
  | 'recordForeign'
  | 'keyGone'
  | 'configuredKeyNotFound'
  | 'sourceUnreadable'
  | 'sourceShrank'
  | 'sourceEmpty'
  | 'sourceLeftOut'
  | 'selectionMatchesNothing'
  | 'runMissing'
  | 'runIncomplete'
  | 'reportUnreadable'
  | 'versionsNearLimit'
  | 'versionsOverLimit'
  | 'versionsUncounted'
  | 'drillOverdue'
  | 'notWriteOnce'
  | 'writeOnceUnproven'
  | 'evidenceMissing'
  | 'evidenceAltered'
  | 'evidenceUnlisted'
  | 'auditMissing'
  | 'pageMissing'
  | 'chainUnreadable';

/** Something that an audit found. `message` says reason, subject and remedy; `remedy` is its last part alone. */
export interface Finding {
  readonly finding: FindingKind;
  /** A `gap` fails the audit; a `warning` is only said. */
  readonly severity: 'gap' | 'warning';
  /** `vaults/<name>` or `managed-hsms/<name>`; absent when it is about the whole escrow. */
  readonly source?: string;
  readonly key?: string;
  readonly message: string;
  readonly remedy: string;
}

/** A finding of severity `gap`: its reason is one or more whole sentences. */
export function gap(
  finding: FindingKind,
  reason: string,
  remedy: string,
  where: { source?: SourceId; key?: string } = {},
): Finding {
  return {
    finding,
    severity: 'gap',
    ...(where.source && { source: sourcePath(where.source) }),
    ...(where.key !== undefined && { key: where.key }),
    message: `${reason} ${remedy}`,
    remedy,
  };
}

/** The same, said only. */
export function asWarning(finding: Finding): Finding {
  return { ...finding, severity: 'warning' };
}

/** `2026-11-24 02:00 UTC`. */
export function instant(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `28 hours`, `3 days`: rounded down, days from 48 hours on. */
export function describeAge(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 1) return `${Math.max(0, Math.floor(ms / 60_000))} minutes`;
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`;
  return `${Math.floor(hours / 24)} days`;
}
