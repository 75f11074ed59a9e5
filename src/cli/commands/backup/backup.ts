import { createInterface } from 'node:readline';
import { readTargets } from '../../../app/backup/backup-target.ts';
import { UsageFault } from '../../../app/usage-fault.ts';
import { sourceOfNames } from '../../../escrow/model/source.ts';
import type { Cli } from '../../cli.ts';
import type { ExitCode } from '../../terminal/io.ts';
import { withBackup } from './backup-options.ts';
import { backUpToFiles } from './to-files.ts';
import { backUpToStore } from './to-store.ts';

const about = {
  summary: 'back up one key to a file, or a whole vault into a folder or a container, with your own identity',
  description:
    'Without --store, each key goes to a file of its own, as Backup-AzKeyVaultKey writes it; the path is on stdout. With --store it is the very run of the app: it resumes, paces itself, waits out 429, reports every key, and never overwrites. After Ctrl-C the same command line goes on. Certificate-backed keys are skipped and named. Exit code 3 when some keys failed.',
  examples: [
    'backup --vault-name contoso-prod --name signing',
    'backup --hsm-name contoso-hsm --name payments -o payments.keybackup',
    'backup --id https://contoso-prod.vault.azure.net/keys/signing',
    'backup --vault-name contoso-prod --store ./escrow',
    "backup --vault-name contoso-prod --keys 'app-*' --except '*-test' --store ./escrow --what-if",
    'backup --all --store https://contosoescrow.blob.core.windows.net/key-escrow',
  ],
};

export function addBackup(cli: Cli) {
  return withBackup(cli.command('backup', about)).action(
    cli.action(async (values, io, task): Promise<ExitCode> => {
      const { id, output } = values;
      const ids = id?.includes('-') ? [...id.filter((one) => one !== '-'), ...(await readLines(io.stdin))] : id;
      const targets = readTargets({ ...values, ids, source: sourceOfNames(values) }, task);
      if (values.store !== undefined) return backUpToStore(targets, values, io, task);
      if (targets.some((target) => target.name === undefined)) {
        throw new UsageFault(
          'A whole source is backed up into a folder or a container, and none is named',
          'Pass --store DIR or --store URL; with --name, one key goes to a file.',
        );
      }
      if (output !== undefined && targets.length > 1) {
        throw new UsageFault(`--output is one file, and ${targets.length} keys are to be backed up`, 'Leave it out.');
      }
      return backUpToFiles(targets, values, io, task);
    }),
  );
}

/** What stands on the lines of an input, without the empty ones. */
async function readLines(input: NodeJS.ReadableStream): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    // PowerShell writes a byte order mark before the first line of a pipe.
    const text = line.replace(/^\uFEFF/, '').trim();
    if (text !== '') lines.push(text);
  }
  return lines;
}
