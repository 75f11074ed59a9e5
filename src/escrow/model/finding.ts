import * as z from 'zod/mini';
import { digits } from './count.ts';
import { describeSource, parseSourcePath, type SourceId, sourcePath } from './source.ts';

/** What was found, with its title on the page; the names are a contract with the alarms. */
export const findingTitles = {
  // of one key
  neverEscrowed: 'Never escrowed',
  stale: 'Newest backup too old',
  changedSinceBackup: 'Changed since its newest backup',
  recordMissing: 'Backup removed',
  recordAltered: 'Backup altered',
  olderRecordsAltered: 'Older backups removed or altered',
  recordNotReadable: 'Backup cannot be read now',
  recordUnproven: 'Backup unproven',
  recordForeign: 'Backup of something else',
  recordTooEarly: 'Backup from before its run',
  recordWithoutDigest: 'Backup without digest',
  recordNotBlockBlob: 'Backup that can be changed',
  keyGone: 'Key gone',
  keyReplaced: 'Key replaced',
  keyRolledBack: 'Key rolled back',
  configuredKeyNotFound: 'Configured key not found',
  versionsNearLimit: 'Many key versions',
  versionsOverLimit: 'Too many key versions',
  versionsUncounted: 'Versions not read',
  // of a source
  notLookedAt: 'Not looked at',
  sourceUnreadable: 'Source cannot be read',
  sourceShrank: 'Source shrank',
  sourceEmpty: 'Source is empty',
  sourceLeftOut: 'Source left out',
  selectionMatchesNothing: 'Selection matches nothing',
  selectionNarrowed: 'Selection narrowed',
  recordsOfUnknownKeys: 'Backups of unknown keys',
  recordsLate: 'Late backups',
  recordsElsewhere: 'Backups of another place',
  runMissing: 'Run missing',
  runIncomplete: 'Run incomplete',
  reportUnreadable: 'Report cannot be read',
  // of the whole escrow
  tooManyBlobs: 'More than is looked at',
  requestsNotCarriedOut: 'Requests not carried out',
  clockBehind: 'Clock behind',
  drillOverdue: 'Restore drill overdue',
  drillOpen: 'Restore drill left keys behind',
  drillNotProven: 'Not proven by the last drill',
  receiptUnreadable: 'Drill receipt cannot be read',
  notWriteOnce: 'Escrow is not write-once',
  writeOnceUnproven: 'Write-once not proven',
  auditMissing: 'Earlier audits missing',
  auditAltered: 'Audit altered',
  auditUnreadable: 'Audit cannot be read',
} as const;

export type FindingKind = keyof typeof findingTitles;

const text = z.string();

/** A finding as it is written into an audit. */
export const findingSchema = z.object({
  /** One of another version may have a name that this one does not know. */
  finding: z.custom<FindingKind>((kind) => typeof kind === 'string'),
  /** A `gap` fails the audit; a `warning` is only said. */
  severity: z.enum(['gap', 'warning']),
  /** `vaults/<name>` or `managed-hsms/<name>`; absent when it is about the whole escrow. */
  source: z.optional(text),
  key: z.optional(text),
  /** One clause, the same words for every finding of the same cause: no names, no times. */
  reason: text,
  /** What is this finding's own: the record's name, times, the service's words. */
  detail: z.optional(text),
  /** Sentences; the same words for every finding of the same cause. */
  remedy: text,
});

/** Something that an audit found, as data; `findingMessage` makes the sentence. */
export type Finding = Readonly<z.infer<typeof findingSchema>>;

/** Characters: a service, a name or a false report may be long. */
const maxDetail = 1000;

/** What a finding says beside its kind and subject. */
export type FindingText = Pick<Finding, 'reason' | 'detail' | 'remedy'>;

/** Makes findings about one source, or with a key about that key. */
export function finding(
  kind: FindingKind,
  severity: Finding['severity'],
  { reason, detail, remedy }: FindingText,
  about: { readonly source?: SourceId; readonly key?: string } = {},
): Finding {
  return {
    finding: kind,
    severity,
    ...(about.source && { source: sourcePath(about.source) }),
    ...(about.key !== undefined && { key: about.key }),
    reason,
    ...(detail !== undefined && detail !== '' && { detail: detail.slice(0, maxDetail) }),
    remedy,
  };
}

export type MakeFinding = (kind: FindingKind, severity: Finding['severity'], text: FindingText) => Finding;

export function findingsOf(about: { readonly source: SourceId; readonly key?: string }): MakeFinding {
  return (kind, severity, text) => finding(kind, severity, text, about);
}

/** What checks found, each `condition && finding(…)`. */
export function found(...checks: readonly (Finding | false | undefined)[]): Finding[] {
  return checks.filter((one) => one !== undefined && one !== false);
}

/** Subject, reason, remedy: `Key "payroll" in vault "contoso-prod": … (…). …` */
export function findingMessage({ source, key, reason, detail, remedy }: Finding): string {
  const id = source === undefined ? undefined : parseSourcePath(source);
  const where = id === undefined ? source : describeSource(id);
  const subject = key === undefined ? where : `key "${key}" in ${where}`;
  const clause = detail === undefined ? reason : `${reason} (${detail})`;
  return `${capitalised(subject === undefined ? clause : `${subject}: ${clause}`)}. ${remedy}`;
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

/** The first names, and how many more: what somebody can multiply must not fill a page. */
export function someOf(names: readonly string[], max = 10): string {
  const more = names.length - max;
  return `${names.slice(0, max).join(', ')}${more > 0 ? `, and ${digits(more)} more` : ''}`;
}

export function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
