import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { type Leftover, prepareSweep } from '../../../app/drill/sweep-drills.ts';
import { count } from '../../../escrow/model/count.ts';
import { failureSentence } from '../../../escrow/model/failure.ts';
import { describeSource, namesOfSource } from '../../../escrow/model/source.ts';
import type { Cli } from '../../cli.ts';
import { showInstant } from '../../options/instants.ts';
import { maxPerSecond, readTarget, toHsmName, toVaultName } from '../../options/target-options.ts';
import { confirm } from '../../terminal/confirm.ts';
import { exitCodes } from '../../terminal/io.ts';
import { painter, print, printJson, say } from '../../terminal/print.ts';

const about = {
  summary: 'delete and purge what earlier drills left in a drill vault',
  description:
    'Shows what open drills (killed, or ended with something left) say they may have left in a drill vault, as it is there now: active or deleted, its newest version, and whose copy it is by what audits saw. Journals are written by whoever runs drills, so they are no warrant: it asks, and a key goes only while it is what was shown. With --yes only copies of escrowed keys go; any other key is named and left. Then it closes the drills. Exit code 3 when something is left.',
  examples: [
    'drill sweep --to-vault-name contoso-drill',
    'drill sweep --to-vault-name contoso-drill --yes',
    'drill sweep --to-vault-name contoso-drill --name signing',
  ],
};

/** What an earlier drill left is named, shown, and deleted only after a yes. @param drill the command that it is one of. */
export function addDrillSweep(cli: Cli, drill: CommandUnknownOpts) {
  return cli
    .command('sweep', about, drill)
    .addOption(toVaultName)
    .addOption(toHsmName)
    .addOption(maxPerSecond)
    .option('--name <KEY...>', 'these keys too, though no drill names them')
    .option('--what-if', 'show the list; change nothing')
    .option('--yes', 'do not ask')
    .action(
      cli.action(async (values, io, task) => {
        const target = readTarget(values, task.services);
        const { leftovers, openDrills, unreadable, carryOut } = await prepareSweep(target, values.name ?? [], task);
        const place = describeSource(target.source);
        for (const name of unreadable) say(io, `Cannot be read, and says nothing: ${name}.`);
        say(
          io,
          `${count(openDrills, 'open drill')} into ${place}; of what they name there is now: ${count(leftovers.length, 'key')}.`,
        );
        const paint = painter(io, 'stderr');
        for (const one of leftovers) say(io, `  ${describeLeftover(one, (text) => paint('yellow', text))}`);
        if (values.whatIf) {
          if (values.json) await printJson(io, { target: namesOfSource(target.source), openDrills, leftovers });
          return leftovers.length === 0 ? exitCodes.done : exitCodes.findings;
        }
        const isSafe = (one: Leftover): boolean => one.copyOf !== undefined;
        const agreed = values.yes ? leftovers.filter(isSafe) : leftovers;
        const question = `Delete and purge ${agreed.length === 1 ? 'this key' : `these ${agreed.length} keys`} in ${place} for good?`;
        if (agreed.length > 0 && !(await confirm(io, question, values.yes))) return exitCodes.failed;
        const { swept, receipts } = await carryOut(agreed);
        const failed = swept.filter(({ failure }) => failure !== undefined);
        const left = leftovers.filter((one) => !agreed.includes(one));
        if (values.json) await printJson(io, { target: namesOfSource(target.source), swept, left, receipts });
        else {
          for (const { leftover, failure } of swept)
            await print(io, failure === undefined ? `${leftover.name} deleted and purged` : failureSentence(failure));
        }
        for (const { name } of left)
          say(
            io,
            `Left alone: key "${name}", of which no audit knows that it is a copy. Without --yes it is asked about.`,
          );
        return failed.length + left.length === 0 ? exitCodes.done : exitCodes.findings;
      }),
    );
}

function describeLeftover(
  { name, state, version, createdAt, journalName, copyOf }: Leftover,
  emphasise: (text: string) => string,
): string {
  const made = createdAt === undefined ? '' : `, made ${showInstant(createdAt)}`;
  const by = journalName === undefined ? 'named by you' : `by ${journalName}`;
  const whose =
    copyOf === undefined
      ? emphasise('no copy of a key that audits know')
      : `a copy of the key of ${describeSource(copyOf)}`;
  return `${name} (${state}, version ${version}${made}): ${whose}; ${by}`;
}
