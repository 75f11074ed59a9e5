import { parseRunTime, type RunId } from '../model/run-id.ts';
import { keyNamePattern, parseSourcePath, type SourceId, sourcePath } from '../model/source.ts';

// The only module that knows how a blob name is built and parsed.

/** 1 is not written, so that the first of a kind has the plainest name. */
function numbered(base: string, number: number, ending: string): string {
  return `${base}${number === 1 ? '' : `.${number}`}.${ending}`;
}

function parseNumbered(name: string, folder: string, ending: string) {
  if (!name.startsWith(folder) || !name.endsWith(`.${ending}`)) return undefined;
  const [, runId, number = '1'] =
    /^([^/.]+)(?:\.([1-9]\d*))?$/.exec(name.slice(folder.length, -ending.length - 1)) ?? [];
  return runId === undefined || parseRunTime(runId) === undefined ? undefined : { runId, number: Number(number) };
}

/** Everything ever escrowed of one source, or of one of its keys. */
export function recordPrefix(source: SourceId, keyName?: string): string {
  return keyName === undefined ? `${sourcePath(source)}/` : `${sourcePath(source)}/${keyName.toLowerCase()}/`;
}

/**
 * `vaults/<vault>/<key>/<run id>.keybackup`, lower-case because key names are case-insensitive but blob names are not.
 * @param number 1, then the next free one: a run that finds the key changed since its record backs it up again.
 */
export function recordName(source: SourceId, keyName: string, runId: RunId, number = 1): string {
  return numbered(recordPrefix(source, keyName) + runId, number, 'keybackup');
}

/** Every record of one key by one run, and nothing of any other run. */
export function ownRecordPrefix(source: SourceId, keyName: string, runId: RunId): string {
  return `${recordPrefix(source, keyName)}${runId}.`;
}

/** The inverse of `recordName`; undefined for any other blob, a chosen `blobName` among them. */
export function parseRecordName(name: string) {
  const [folder, sourceName, keyName, file, ...rest] = name.split('/');
  if (sourceName === undefined || keyName === undefined || file === undefined || rest.length > 0) return undefined;
  const source = parseSourcePath(`${folder}/${sourceName}`);
  // As `.1` and `.02` would be other names of the same number, they are none.
  const [, runId = '', number = '1'] = /^([^.]+)(?:\.([2-9]|[1-9]\d{1,8}))?\.keybackup$/.exec(file) ?? [];
  const runTime = parseRunTime(runId);
  if (source === undefined || !keyNamePattern.test(keyName) || runTime === undefined) return undefined;
  const parsed = { source, keyName, runId, runTime, number: Number(number) };
  return recordName(source, keyName, runId, parsed.number) === name ? parsed : undefined;
}

/** The folder of every report of every run, and of one run. */
export function runPrefix(runId?: RunId): string {
  return runId === undefined ? 'runs/' : `runs/${runId}/`;
}

/** The marker that a run over a source has begun; finding it there already means: resume. */
export function startedMarkerName(runId: RunId, source: SourceId): string {
  return `${runPrefix(runId)}${sourcePath(source)}.started`;
}

/** @param attempt 1 for the first report of a run over a source, then the next free number. */
export function reportName(runId: RunId, source: SourceId, attempt = 1): string {
  return numbered(runPrefix(runId) + sourcePath(source), attempt, 'json');
}

/** What a blob under `runs/` is; undefined for anything that this product did not write. */
export function parseRunBlobName(name: string) {
  const [, runId, folder, sourceName, ending] =
    /^runs\/([^/]+)\/([^/]+)\/([^/.]+)((?:\.[1-9]\d*)?\.json|\.started)$/.exec(name) ?? [];
  if (runId === undefined || parseRunTime(runId) === undefined) return undefined;
  const source = parseSourcePath(`${folder}/${sourceName}`);
  return source && ({ runId, source, what: ending === '.started' ? 'started' : 'report' } as const);
}

export const auditFolder = 'audits/';
/** The blob that each night tries to overwrite and to delete, in vain. */
export const canaryName = 'runs/canary';

/** `audits/<time>.json`, the audit, and `audits/<time>.html`, its page. @param attempt 1, then the next free number. */
export function auditName(auditId: RunId, form: 'json' | 'html', attempt = 1): string {
  return numbered(auditFolder + auditId, attempt, form);
}

export function parseAuditName(name: string) {
  const form = name.endsWith('.html') ? ('html' as const) : ('json' as const);
  const parsed = parseNumbered(name, auditFolder, form);
  return parsed && { auditId: parsed.runId, form, attempt: parsed.number };
}

export const drillFolder = 'drills/';

/** The receipt of one restore drill. @param drillId the time it began, in the form of a run id. */
export function drillReceiptName(drillId: RunId, attempt = 1): string {
  return numbered(drillFolder + drillId, attempt, 'json');
}

/** Written before the first restore of a drill: what it is about to restore, so that a crashed one can be swept. */
export function drillJournalName(drillId: RunId): string {
  return `${drillFolder}${drillId}.journal.json`;
}

/** What a blob under `drills/` is. Of several receipts of a drill the one with the highest number is its last. */
export function parseDrillBlobName(name: string) {
  const receipt = parseNumbered(name, drillFolder, 'json');
  if (receipt !== undefined) return { drillId: receipt.runId, what: 'receipt', number: receipt.number } as const;
  const { runId: drillId } = parseNumbered(name, drillFolder, 'journal.json') ?? {};
  return drillId && drillJournalName(drillId) === name ? ({ drillId, what: 'journal', number: 1 } as const) : undefined;
}

export const requestFolder = 'requests/';

/**
 * Where a request that was not carried out is kept: a folder for each day (UTC) on which messages came. Message ids are GUIDs;
 * anything else is made safe.
 */
export function requestRecordName(insertedAt: Date, messageId: string): string {
  return `${requestFolder}${insertedAt.toISOString().slice(0, 10)}/${messageId.replace(/[^0-9a-zA-Z-]/g, '_').slice(0, 128)}.json`;
}

/** Where records lie that somebody chose a name for; they are read by that name alone. */
export const namedFolder = 'named/';

export function namedRecordName(blobName: string): string {
  return `${namedFolder}${blobName}`;
}

/** Why a name may not be chosen for a record; undefined when it may. */
export function faultOfBlobName(blobName: string): string | undefined {
  const maxLength = 1024 - namedFolder.length;
  if (blobName.length === 0 || blobName.length > maxLength) return `it must have 1 to ${maxLength} characters`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
  if (/[\u0000-\u001f\u007f-\u009f\ufffe\uffff\\]/.test(blobName) || !blobName.isWellFormed()) {
    return 'it must not contain control characters, broken code points or a backslash';
  }
  const segments = blobName.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..' || /[. ]$/.test(segment))) {
    return 'no part between slashes may be empty, "." or "..", or end in a dot or a space';
  }
  return undefined;
}
