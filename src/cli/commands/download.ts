import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EscrowFault } from '../../escrow/model/failure.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import { describeSource } from '../../escrow/model/source.ts';
import { faultsOfBytes } from '../../escrow/records/record-verification.ts';
import { describeRestorePlace } from '../../escrow/restore/restore-place.ts';
import type { Cli } from '../cli.ts';
import { showAge } from '../options/instants.ts';
import { asOfTime, blobName, findRecord, keyName, readRecordChoice } from '../options/record-choice-options.ts';
import { hsmName, vaultName } from '../options/source-options.ts';
import { exitCodes, UsageFault } from '../terminal/errors.ts';
import { showSize } from '../terminal/figures.ts';
import { print, printJson, say } from '../terminal/print.ts';
import { recordObject } from './list.ts';

/** The exact bytes of a record as a file, for the tools that everybody has. */
const about = {
  summary: 'write the exact bytes of a record to a file',
  description:
    'Writes one record to a file that Restore-AzKeyVaultKey and az keyvault key restore take as it is, and prints both commands. The bytes are checked against their digest first. An existing file is not overwritten without --force.',
  examples: [
    'download --vault-name contoso-prod --name signing -o signing.keybackup',
    'download --vault-name contoso-prod --name signing --at 2026-11-01 -o signing.keybackup',
  ],
};

export function addDownload(cli: Cli) {
  return cli
    .command('download', about)
    .addOption(vaultName)
    .addOption(hsmName)
    .addOption(keyName)
    .addOption(asOfTime)
    .addOption(blobName)
    .requiredOption('-o, --output <FILE>', 'the file to write')
    .option('--force', 'overwrite the file')
    .action(
      cli.action(async (values, io, services) => {
        const { output } = values;
        const choice = await readRecordChoice(values, io, services);
        const { record } = await findRecord(choice, io, services);
        const bytes = await services.container.read(record.blobName, io.signal);
        const [fault] = faultsOfBytes(record, bytes);
        if (fault !== undefined) {
          throw new EscrowFault(
            'corruptRecord',
            `The record "${record.blobName}" is corrupt: ${fault.message}. Nothing was written`,
            'Take an older record: --at TIME or --blob-name BLOB.',
          );
        }
        await write(output, bytes, values.force ?? false);
        const commands = restoreCommands(record.source, output);
        if (values.json) {
          await printJson(io, { file: resolve(output), record: recordObject(record), restoreWith: commands });
          return exitCodes.done;
        }
        say(
          io,
          `${output}: ${showSize(bytes.length)}, key "${record.keyName}" of ${describeSource(record.source)}, from ${showAge(record.createdAt, services.now())}.`,
        );
        say(io, `${describeRestorePlace(record)} Restore it with one of:`);
        for (const command of Object.values(commands)) await print(io, command);
        return exitCodes.done;
      }),
    );
}

async function write(file: string, bytes: Uint8Array, force: boolean): Promise<void> {
  try {
    // For its owner alone: whoever may restore in the right place has the key.
    await writeFile(file, bytes, { flag: force ? 'w' : 'wx', mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new UsageFault(`the file ${file} exists`, 'Choose another name, or say --force.', { cause: error });
    throw new EscrowFault('cannotWrite', `Cannot write ${file}: ${message}`, 'Choose another file.', { cause: error });
  }
}

function restoreCommands({ kind, name }: SourceId, path: string): { powershell: string; az: string } {
  const file = /^[\w./\\:-]+$/.test(path) ? path : `"${path}"`;
  return kind === 'vault'
    ? {
        powershell: `Restore-AzKeyVaultKey -VaultName ${name} -InputFile ${file}`,
        az: `az keyvault key restore --vault-name ${name} --file ${file}`,
      }
    : {
        powershell: `Restore-AzKeyVaultKey -HsmName ${name} -InputFile ${file}`,
        az: `az keyvault key restore --hsm-name ${name} --file ${file}`,
      };
}
