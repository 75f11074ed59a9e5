import { resolve } from 'node:path';
import { downloadRecord } from '../../app/download-record.ts';
import type { FoundRecord } from '../../app/find-records.ts';
import { describeKey, type SourceId, sourceOption } from '../../escrow/model/source.ts';
import type { Cli } from '../cli.ts';
import { showAge } from '../options/instants.ts';
import { asOfTime, blobName, readRecordChoice } from '../options/record-options.ts';
import { withSource } from '../options/source-options.ts';
import { showSize } from '../terminal/figures.ts';
import { exitCodes } from '../terminal/io.ts';
import { writeOutputFile } from '../terminal/output-file.ts';
import { printJson, say, write } from '../terminal/print.ts';
import { recordObject } from './list.ts';

const about = {
  summary: 'write the exact bytes of a record to a file',
  description:
    'Writes one record to a file that Restore-AzKeyVaultKey and az keyvault key restore take as it is, and prints both commands. The bytes are checked against their digest first. An existing file is replaced only when you say so.',
  examples: [
    'download --vault-name contoso-prod --name signing',
    'download --vault-name contoso-prod --name signing --at 2026-11-01 -o signing.keybackup',
  ],
};

export function addDownload(cli: Cli) {
  return withSource(cli.command('download', about))
    .option('--name <KEY>', 'the key')
    .addOption(asOfTime)
    .addOption(blobName)
    .option('-o, --output <FILE>', 'the file to write; named by source, key and run without it')
    .option('--force', 'replace the file')
    .action(
      cli.action(async (values, io, task) => {
        const now = task.services.now();
        const { record, bytes, restorePlace } = await downloadRecord(readRecordChoice(values, now), task);
        const { output: file = fileNameOf(record), force } = values;
        // For its owner alone: whoever may restore in the right place has the key.
        if (!(await writeOutputFile(io, { file, content: bytes, mode: 0o600, force }))) return exitCodes.failed;
        const commands = restoreCommands(record.source, file);
        if (values.json) {
          await printJson(io, { file: resolve(file), record: recordObject(record), restoreWith: commands });
          return exitCodes.done;
        }
        say(io, `${file}: ${showSize(bytes.length)}, ${describeKey(record)}, from ${showAge(record.createdAt, now)}.`);
        say(io, `${restorePlace} Restore it with one of:`);
        for (const command of Object.values(commands)) await write(io, command);
        return exitCodes.done;
      }),
    );
}

function fileNameOf({ source, keyName: name, runId }: FoundRecord): string {
  const run = runId !== undefined && /^[\w.-]+$/.test(runId) ? [runId] : [];
  return [source.name, name, ...run, 'keybackup'].join('.');
}

function restoreCommands(source: SourceId, path: string): { powershell: string; az: string } {
  const file = /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
  const parameter = source.kind === 'vault' ? '-VaultName' : '-HsmName';
  return {
    powershell: `Restore-AzKeyVaultKey ${parameter} ${source.name} -InputFile ${file}`,
    az: `az keyvault key restore ${sourceOption(source)} --file ${file}`,
  };
}
