import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { chooseKnown, unknownKey } from '../../../app/known-names.ts';
import type { OperatorServices } from '../../../app/operator-services.ts';
import { runDrill, sweepLeftovers } from '../../../escrow/drill/drill.ts';
import { readDrillAttempts } from '../../../escrow/drill/drill-attempts.ts';
import { chooseForDrill } from '../../../escrow/drill/drill-choice.ts';
import { inspectDrillTarget } from '../../../escrow/drill/drill-target.ts';
import { EscrowFault } from '../../../escrow/model/failure.ts';
import type { SourceId } from '../../../escrow/model/source.ts';
import { describeSource } from '../../../escrow/model/source.ts';
import { matchesAny } from '../../../escrow/model/wildcard.ts';
import { recordedKeyNames, recordedSources } from '../../../escrow/records/record-listing.ts';
import { readLatestAudit } from '../../../escrow/records/stored-audits.ts';
import type { Cli } from '../../cli.ts';
import { hsmName, namedSource, vaultName } from '../../options/source-options.ts';
import {
  maxPerSecond,
  readTarget,
  toGeography,
  toHsmName,
  toSecurityDomain,
  toSubscriptionId,
  toVaultName,
} from '../../options/target-options.ts';
import { exitCodes } from '../../terminal/errors.ts';
import type { Io } from '../../terminal/io.ts';
import { printJson, say } from '../../terminal/print.ts';
import { showProgress } from '../../terminal/progress.ts';
import {
  chosenObject,
  describeChosen,
  failedEarlierObject,
  provenOf,
  tellDrill,
  tellFailedEarlier,
} from './drill-output.ts';
import { drillReferences } from './drill-reference.ts';

const defaultSample = 3;

/** Proof that backups restore: real records, in a vault of their own, compared version by version, destroyed again. */
const about = {
  summary: 'restore records into a separate drill vault, compare, and destroy them again',
  description:
    'Restores the records of the keys that no drill ever tried, then of those tried longest ago, into an empty vault (or Managed HSM) that is no configured source, one by one; compares every version id and public key with the source where the key still exists, else with the witness of the last audit; deletes and purges it again; and writes a receipt to drills/. It deletes only what its own journal names; what a crashed drill left is swept first. Symmetric keys are proven by their version ids, and the receipt says so. Exit code 3 when a key is not proven, or was not when it was tried last: such a key is named by every drill until one proves it.',
  examples: [
    'drill --to-vault-name contoso-drill',
    'drill --to-vault-name contoso-drill --sample 10',
    'drill --to-vault-name contoso-drill --vault-name contoso-prod --name signing',
    'drill --to-hsm-name contoso-drill-hsm --json',
  ],
};

export function addDrill(cli: Cli) {
  return cli
    .command('drill', about)
    .addOption(toVaultName)
    .addOption(toHsmName)
    .addOption(toSubscriptionId)
    .addOption(toGeography)
    .addOption(toSecurityDomain)
    .addOption(maxPerSecond)
    .addOption(vaultName)
    .addOption(hsmName)
    .addOption(
      new Option('--sample <N>', `how many keys; ${defaultSample} without it`).argParser(parseSample).conflicts('name'),
    )
    .option('--name <KEY...>', 'these keys instead; patterns with * and ?')
    .option('--what-if', 'say which records would be proven; change nothing')
    .action(
      cli.action(async (values, io, task) => {
        const { services } = task;
        const sample = values.sample ?? (values.name === undefined ? defaultSample : Number.POSITIVE_INFINITY);
        const target = readTarget(values, services);
        const wanted = namedSource(values);
        const { container, drills, settings } = services;
        const operator = services.operatorOf(target.source);
        const leftovers = await inspectDrillTarget(operator, services, settings.sources, io.signal);

        const sources = wanted ? [await chooseKnown(wanted, task)] : await recordedSources(container, io.signal);
        await refuseUnknown(values.name, sources, io, services);
        const { audit } = await readLatestAudit(services.audits, io.signal);
        const attempts = await readDrillAttempts(drills, audit, io.signal);
        const wish = { sources, names: values.name, target, sample };
        const ports = { container, suffixes: settings.suffixes, outOfTime: io.signal };
        const { chosen, failedEarlier } = await chooseForDrill(wish, attempts, ports);
        if (chosen.length === 0) {
          throw new EscrowFault(
            'nothingToDrill',
            `No record can be proven in ${describeSource(target.source)}`,
            'It takes a record of a source of the same kind whose place is not told to differ: `keyvault-escrow list`.',
          );
        }
        for (const one of chosen) say(io, `To prove: ${describeChosen(one)}`);
        tellFailedEarlier(failedEarlier, io);
        const failed = { failedEarlier: failedEarlier.map(failedEarlierObject) };
        if (values.whatIf) {
          const keys = chosen.map(chosenObject);
          if (values.json) await printJson(io, { target: target.source, leftovers: leftovers.names, keys, ...failed });
          return exitCodes.done;
        }

        // The key under way is compared and taken away again even after Ctrl-C.
        const lastCall = new AbortController().signal;
        const now = services.now;
        const swept = await sweepLeftovers(leftovers, target, { drills, operator, now, lastCall });
        if (swept.length > 0) say(io, `Swept away what an earlier drill had left: ${swept.join(', ')}.`);
        const progress = showProgress(io, 'keys', chosen.length);
        const done = await runDrill(chosen, target, {
          container,
          drills,
          operator,
          now,
          outOfTime: io.signal,
          lastCall,
          sleep: services.sleep,
          referenceOf: drillReferences(services, audit, lastCall),
          ended: () => progress.step(),
        });
        progress.end();
        const { receipt, receiptName } = done;
        if (values.json) await printJson(io, { receipt: receiptName, ...receipt, ...failed });
        else await tellDrill(done, chosen.length, io);
        if (receipt.status === 'ok' && failedEarlier.length === 0) return exitCodes.done;
        return receipt.status === 'stopped' && provenOf(receipt) === 0 ? exitCodes.failed : exitCodes.findings;
      }),
    );
}

function parseSample(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a number of keys: --sample 10.');
}

/** A name without a record would be left out in silence, and taken for proven. */
async function refuseUnknown(
  names: readonly string[] | undefined,
  sources: readonly SourceId[],
  io: Io,
  { container }: OperatorServices,
): Promise<void> {
  if (names === undefined) return;
  const known: string[] = [];
  for (const source of sources) known.push(...(await recordedKeyNames(container, source, io.signal)));
  const unknown = names.find((name) => !known.some((key) => matchesAny([name], key)));
  if (unknown === undefined) return;
  throw unknownKey(unknown, undefined, known);
}
