import { Option } from '@commander-js/extra-typings';
import type { Cli } from '../../cli.ts';
import { asOfTime, blobName } from '../../options/record-options.ts';
import { parseSourceName, withSource } from '../../options/source-options.ts';
import { withTarget } from '../../options/target-options.ts';

export function withRestore(command: ReturnType<Cli['command']>) {
  const records = withSource(command)
    .addOption(new Option('--name <KEY>', 'the key, or a pattern with * and ?').conflicts('all'))
    .addOption(new Option('--all', 'every key of the source that the escrow has a record of').conflicts('blobName'))
    .addOption(asOfTime)
    .addOption(blobName);
  return withTarget(records)
    .addOption(
      new Option(
        '--through <VAULT>',
        'a quarantine: a vault (for an HSM another HSM) for nothing else, where each key is restored, compared, deleted and purged before it goes to the target',
      ).argParser(parseSourceName),
    )
    .option('--what-if', 'say what would happen; change nothing')
    .option('--yes', 'do not ask')
    .option('--receipt <FILE>', 'of many keys: where to keep the receipt; the same file goes on where a pass ended');
}

/** What was given to a restore, of one key or of many. */
export type RestoreValues = ReturnType<ReturnType<typeof withRestore>['optsWithGlobals']>;
