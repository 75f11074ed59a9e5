import { resolve } from 'node:path';
import { backUpKey, type KeyBackup } from '../../../app/backup/back-up-key.ts';
import type { BackupTarget } from '../../../app/backup/backup-target.ts';
import type { Task } from '../../../app/task.ts';
import { count } from '../../../escrow/model/count.ts';
import { describeKey, type EscrowSource, type SourceId } from '../../../escrow/model/source.ts';
import { keyObject } from '../../options/source-options.ts';
import { showSize } from '../../terminal/figures.ts';
import { type ExitCode, exitCodes, type Io } from '../../terminal/io.ts';
import { writeOutputFile } from '../../terminal/output-file.ts';
import { print, printJson, say } from '../../terminal/print.ts';
import { type BackupValues, isAgreed } from './backup-options.ts';

interface FileOutcome {
  readonly source: SourceId;
  readonly keyName: string;
  readonly outcome: 'written' | 'wouldWrite' | 'notWritten' | 'skipped' | 'failed';
  readonly file?: string;
  readonly backup?: KeyBackup;
  readonly message?: string;
}

/** Each key into a file of its own, whose path is the only thing on stdout. */
export async function backUpToFiles(
  targets: readonly BackupTarget[],
  values: BackupValues,
  io: Io,
  task: Task,
): Promise<ExitCode> {
  if (!(await isAgreed(values, `Back up ${count(targets.length, 'key')}?`, io))) return exitCodes.failed;
  const outcomes: FileOutcome[] = [];
  for (const { source, name } of targets) {
    if (name === undefined) continue;
    const outcome = await backUpToFile(source, name, values, io, task);
    outcomes.push(outcome);
    if (!values.json) await printOutcome(outcome, io);
    if (io.signal.aborted) break;
  }
  if (values.json) await printJson(io, { keys: outcomes.map(outcomeObject) });
  const failed = outcomes.filter(({ outcome }) => outcome === 'failed' || outcome === 'notWritten').length;
  if (io.signal.aborted && outcomes.length < targets.length) {
    say(io, `Interrupted: ${count(targets.length - outcomes.length, 'key')} not backed up.`);
    return exitCodes.failed;
  }
  if (failed === 0) return exitCodes.done;
  return failed === targets.length ? exitCodes.failed : exitCodes.findings;
}

async function backUpToFile(
  source: EscrowSource,
  name: string,
  { output, force, whatIf }: BackupValues,
  io: Io,
  task: Task,
): Promise<FileOutcome> {
  const result = await backUpKey(source, name, whatIf, task);
  if (result.outcome !== 'done') return { source, ...result };
  const { keyName, runId, backup } = result;
  const key = { source, keyName };
  const file = resolve(output ?? `${source.name}-${keyName}-${runId}.keybackup`);
  if (backup === undefined) return { ...key, outcome: 'wouldWrite', file };
  const written = await writeOutputFile(io, { file, content: backup.bytes, mode: 0o600, force });
  return { ...key, outcome: written ? 'written' : 'notWritten', file, backup };
}

async function printOutcome(result: FileOutcome, io: Io): Promise<void> {
  const { outcome, file, backup, message } = result;
  const what = describeKey(result);
  if (outcome === 'written' && backup !== undefined && file !== undefined) {
    await print(io, file);
    const doubt = backup.format === 'unknown' ? ' Its envelope is not one that we know; it is kept as it came.' : '';
    say(io, `Backed up ${what}, all versions: ${showSize(backup.bytes.length)}, SHA-256 ${backup.sha256}.${doubt}`);
  } else if (outcome === 'wouldWrite') say(io, `Would back up ${what} to ${file}.`);
  else if (outcome === 'skipped') say(io, `Skipped ${what}: ${message}.`);
  else if (message !== undefined) say(io, message);
}

function outcomeObject({ backup, message, ...result }: FileOutcome): object {
  const written = backup && { bytes: backup.bytes.length, sha256: backup.sha256, format: backup.format };
  return keyObject({ ...result, ...written, message });
}
