import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { describeLeft, prepareDrill } from '../../../app/drill/prepare-drill.ts';
import { failureSentence } from '../../../escrow/model/failure.ts';
import { describeSource, namesOfSource, sourceOfNames } from '../../../escrow/model/source.ts';
import type { Cli } from '../../cli.ts';
import { keyObject, withSource } from '../../options/source-options.ts';
import { readTarget, withTarget } from '../../options/target-options.ts';
import { confirm } from '../../terminal/confirm.ts';
import { exitCodes } from '../../terminal/io.ts';
import { printJson, say } from '../../terminal/print.ts';
import { withProgress } from '../../terminal/progress.ts';
import {
  chosenObject,
  describeChosen,
  printDrill,
  printFailedEarlier,
  printLeftOut,
  provenOf,
  receiptObject,
} from './drill-output.ts';
import { addDrillSweep } from './drill-sweep.ts';

const defaultSample = 3;

const about = {
  summary: 'restore records into a separate drill vault, compare, and destroy them again',
  description:
    'Restores the records of the keys that no drill ever tried, then of those tried longest ago, into an empty vault (or Managed HSM) that is no source and never was one, one by one. It asks first; compares the name, every version id and every public key with the source where the key still exists and with what audits saw; deletes and purges what its own restore returned, and nothing else; and writes a receipt. It stops at the first record that holds another key, and names whatever is left, which `keyvault-escrow drill sweep` takes away. Symmetric keys are proven by their version ids, and the receipt says so. Exit code 3 when a key is not proven, or was not when it was tried last: such a key is named by every drill until one proves it.',
  examples: [
    'drill --to-vault-name contoso-drill',
    'drill --to-vault-name contoso-drill --sample 10',
    'drill --to-vault-name contoso-drill --vault-name contoso-prod --name signing',
    'drill --to-hsm-name contoso-drill-hsm --json',
  ],
};

export function addDrill(cli: Cli) {
  const drill = withSource(withTarget(cli.command('drill', about)))
    .addOption(
      new Option('--sample <N>', `how many keys; ${defaultSample} without it`).argParser(parseSample).conflicts('name'),
    )
    .option('--name <KEY...>', 'these keys instead; patterns with * and ?')
    .option('--yes', 'do not ask')
    .option('--what-if', 'say which records would be proven; change nothing')
    .action(
      cli.action(async (values, io, task) => {
        const sample = values.sample ?? (values.name === undefined ? defaultSample : Number.POSITIVE_INFINITY);
        const target = readTarget(values, task.services);
        const options = { source: sourceOfNames(values), names: values.name, target, sample };
        const prepared = await prepareDrill(options, task);
        const { chosen, failedEarlier, leftOut } = prepared;
        for (const one of chosen) say(io, `To prove: ${describeChosen(one)}`);
        printLeftOut(leftOut, io);
        printFailedEarlier(failedEarlier, io);
        const failed = { failedEarlier: failedEarlier.map(keyObject), leftOut: leftOut.map(keyObject) };
        // Whoever names a key must not take it for proven.
        const isAll = !leftOut.some(({ keyName }) => values.name?.some((name) => name.toLowerCase() === keyName));
        if (values.whatIf) {
          if (values.json)
            await printJson(io, { target: namesOfSource(target.source), keys: chosen.map(chosenObject), ...failed });
          return exitCodes.done;
        }
        const place = describeSource(target.source);
        const question = `Restore ${chosen.length === 1 ? 'this key' : `these ${chosen.length} keys`} to ${place}, one by one, and delete and purge each again?`;
        if (!(await confirm(io, question, values.yes))) return exitCodes.failed;

        using held = io.holdOpen((keyName) => describeLeft(keyName, target));
        const done = await withProgress(io, { noun: 'key', expected: chosen.length }, ({ step }) =>
          prepared.carryOut({ standing: held.standing, ended: step }),
        );
        const { receipt, receiptFailure } = done;
        if (values.json) await printJson(io, { ...receiptObject(done), ...failed });
        else await printDrill(done, chosen.length, io);
        for (const left of receipt.left ?? []) say(io, describeLeft(left, target));
        if (receiptFailure !== undefined) {
          say(io, `The receipt could not be written, so that the drill stays open: ${failureSentence(receiptFailure)}`);
          return exitCodes.failed;
        }
        if (receipt.status === 'ok' && failedEarlier.length === 0 && isAll) return exitCodes.done;
        return receipt.status === 'stopped' && provenOf(receipt) === 0 ? exitCodes.failed : exitCodes.findings;
      }),
    );
  addDrillSweep(cli, drill);
  return drill;
}

function parseSample(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a number of keys: --sample 10.');
}
