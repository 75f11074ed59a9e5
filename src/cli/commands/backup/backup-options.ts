import { Option } from '@commander-js/extra-typings';
import type { Cli } from '../../cli.ts';
import { withSource } from '../../options/source-options.ts';
import { parsePace } from '../../options/target-options.ts';
import { confirm } from '../../terminal/confirm.ts';
import type { Io } from '../../terminal/io.ts';

export function withBackup(command: ReturnType<Cli['command']>) {
  return withSource(command)
    .option('--name <KEY>', 'one key')
    .addOption(
      new Option(
        '--id <KID...>',
        'key identifiers, with or without version; - reads them from stdin, one a line',
      ).conflicts(['vaultName', 'hsmName', 'name', 'all']),
    )
    .addOption(new Option('--all', 'every configured source').conflicts(['vaultName', 'hsmName', 'name']))
    .addOption(
      new Option('--keys <PATTERN...>', 'of a source: only these keys; * and ?').conflicts(['name', 'id', 'all']),
    )
    .addOption(new Option('--except <PATTERN...>', 'of a source: not these keys').conflicts(['name', 'id', 'all']))
    .addOption(
      new Option('-o, --output <FILE>', 'the file of one key; without it, one named for you').conflicts('store'),
    )
    .option('--force', 'replace the file that is there; with --store, replace a record where you may')
    .option('--what-if', 'say what would happen; back up and write nothing')
    .option('--confirm', 'ask before anything is backed up')
    .addOption(
      new Option(
        '--max-backups-per-second <N>',
        'calls per second; 50 on a vault and 10 on a Managed HSM without it; a 429 slows down anyway',
      ).argParser(parsePace),
    );
}

/** What was given to a backup, into files or into a store. */
export type BackupValues = ReturnType<ReturnType<typeof withBackup>['optsWithGlobals']>;

/** Asks before anything is backed up, where the person wants to be asked. */
export async function isAgreed(values: BackupValues, question: string, io: Io): Promise<boolean> {
  return !values.confirm || values.whatIf || confirm(io, question, false);
}
