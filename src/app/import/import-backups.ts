import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sourceUrl } from '../../escrow/model/key-id.ts';
import { requestRunId } from '../../escrow/model/run-id.ts';
import { ServiceError } from '../../escrow/model/service-error.ts';
import { describeSource, isSameSource, keyNamePattern, type SourceId } from '../../escrow/model/source.ts';
import { readBackupFormat } from '../../escrow/records/backup-envelope.ts';
import { maxRecordBytes } from '../../escrow/records/blob-fault.ts';
import { recordName } from '../../escrow/records/blob-names.ts';
import { putOnce, sha256Of } from '../../escrow/records/put-once.ts';
import { recordContentType, writeRecordMetadata } from '../../escrow/records/record-metadata.ts';
import { formatOf } from '../../escrow/records/record-verification.ts';
import type { Task } from '../task.ts';

/** Files that other tools wrote, and what the person says of them. */
export interface ImportOptions {
  readonly paths: readonly string[];
  readonly source: SourceId;
  /** Of the one key in the one file; otherwise the names of the files say it. */
  readonly name: string | undefined;
  readonly takenAt: Date | undefined;
  readonly whatIf: boolean;
}

export interface ImportOutcome {
  readonly file: string;
  readonly outcome: 'imported' | 'already' | 'wouldImport' | 'refused';
  readonly name?: string;
  readonly takenAt?: Date;
  readonly blobName?: string;
  readonly reason?: string;
}

// Before Key Vault there were no backups of its keys.
const firstKeyVault = Date.UTC(2015, 0, 1);

/** Makes records of files, one after the other. What is uncertain is refused; nothing is guessed. */
export async function importBackups(options: ImportOptions, task: Task): Promise<ImportOutcome[]> {
  const files = (await Promise.all(options.paths.map(filesAt))).flat();
  const outcomes: ImportOutcome[] = [];
  for (const file of files) {
    if (task.signal.aborted) break;
    outcomes.push(await importFile(file, files.length, options, task));
  }
  return outcomes;
}

async function filesAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(path, entry.name))
    .sort();
}

async function importFile(file: string, files: number, options: ImportOptions, task: Task): Promise<ImportOutcome> {
  const { source } = options;
  const { store, now, settings } = task.services;
  const fromFileName = parseCmdletFileName(basename(file), source);
  const refused = (reason: string): ImportOutcome => ({ file, outcome: 'refused', reason });
  if (options.name !== undefined && files > 1) return refused('--name is one key, and these are several files');
  const name = options.name ?? fromFileName?.keyName;
  if (name === undefined) {
    return refused(
      `its name does not say which key of ${describeSource(source)} it is (as ${source.name}-<key>-<seconds>): pass --name`,
    );
  }
  const takenAt = options.takenAt ?? fromFileName?.takenAt;
  if (takenAt === undefined) return refused('nothing says when it was made: pass --taken-at');
  if (takenAt > now()) return refused(`it would be of the future (${takenAt.toISOString()})`);
  if (takenAt.getTime() < firstKeyVault) return refused(`${takenAt.toISOString()} is before there was Key Vault`);
  const { size } = await stat(file);
  if (size > maxRecordBytes) return refused(`its ${size} bytes are more than a backup has`);

  const bytes = await readFile(file);
  const format = readBackupFormat(bytes);
  if (format === 'unknown') return refused('it is not the backup of a key, or cut short');
  if (format !== formatOf[source.kind]) {
    return refused(`its envelope is ${format}, and a backup of ${describeSource(source)} has ${formatOf[source.kind]}`);
  }
  // The same file makes the same record, however often it is imported.
  const runId = requestRunId(takenAt, sha256Of(bytes));
  const blobName = recordName(source, name, runId);
  const known = { file, name, takenAt, blobName };
  const existing = await store.find(blobName, task.signal).catch((error: unknown) => {
    // What is only tried makes no folder.
    if (options.whatIf && error instanceof ServiceError && error.kind === 'storeAbsent') return undefined;
    throw error;
  });
  if (existing !== undefined) {
    const isSame = existing.metadata.sha256 === sha256Of(bytes);
    return isSame ? { ...known, outcome: 'already' } : refused(`${blobName} is there already, with other bytes`);
  }
  if (options.whatIf) return { ...known, outcome: 'wouldImport' };
  const place = settings.sources.find((one) => isSameSource(one, source))?.place ?? {};
  const keyId = `${sourceUrl(source, settings.suffixes)}/keys/${name}`;
  const said = { keyId, runId, backedUpAt: takenAt, trigger: 'import', format, place } as const;
  const metadata = writeRecordMetadata(said);
  const blob = { name: blobName, bytes, contentType: recordContentType, metadata };
  const put = await putOnce(store, blob, task.signal);
  return put.written ? { ...known, outcome: 'imported' } : refused(`${blobName} was written by somebody else just now`);
}

/**
 * Reads the name that Backup-AzKeyVaultKey makes up: `<vault>-<key>-<seconds since 1970>`, the seconds with a fraction in the
 * culture's decimal sign (Az.KeyVault, `GetDefaultFileForOperation`). Vault and key names have dashes themselves, so the source has
 * to be known. On Linux the cmdlet puts the folder and a backslash before the name.
 * @returns undefined for every other name.
 */
export function parseCmdletFileName(file: string, source: SourceId) {
  const name = file.slice(file.lastIndexOf('\\') + 1);
  const head = `${source.name}-`;
  if (!name.toLowerCase().startsWith(head)) return undefined;
  const [, keyName = '', seconds] = /^(.+)-(\d{9,10})(?:[.,]\d+)?$/.exec(name.slice(head.length)) ?? [];
  return keyNamePattern.test(keyName) ? { keyName, takenAt: new Date(Number(seconds) * 1000) } : undefined;
}
