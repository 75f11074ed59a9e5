import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EscrowFault } from '../../escrow/model/failure.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import { describeSource } from '../../escrow/model/source.ts';
import { faultsOfBytes } from '../../escrow/records/record-verification.ts';
import { describeRestorePlace } from '../../escrow/restore/restore-place.ts';
import { defineCommand } from '../command.ts';
import { showAge } from '../options/instants.ts';
import { findRecord, readRecordChoice, recordChoiceOptions } from '../options/record-choice-options.ts';
import { exitCodes } from '../terminal/exit-codes.ts';
import { showSize } from '../terminal/figures.ts';
import { print, printJson, say } from '../terminal/output.ts';
import { UsageFault } from '../terminal/usage-fault.ts';
import { recordObject } from './list.ts';

/** The exact bytes of a record as a file, for the tools that everybody has. */
export const download = defineCommand({
  name: 'download',
  summary: 'write the exact bytes of a record to a file',
  help: 'Writes one record to a file that Restore-AzKeyVaultKey and az keyvault key restore take as it is, and prints both commands. The bytes are checked against their digest first. An existing file is not overwritten without --force.',
  examples: [
    'download --vault-name contoso-prod --name signing -o signing.keybackup',
    'download --vault-name contoso-prod --name signing --at 2026-11-01 -o signing.keybackup',
  ],
  options: {
    ...recordChoiceOptions,
    output: { type: 'string', short: 'o', value: 'FILE', about: 'the file to write' },
    force: { type: 'boolean', about: 'overwrite the file' },
  },
  async run(values, io, services) {
    const { output } = values;
    if (output === undefined) throw new UsageFault('it is not said where to write', 'Name the file: -o FILE.');
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
  },
});

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
