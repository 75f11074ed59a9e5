import { readDrills } from '../escrow/audit/drill-history.ts';
import { findNewestAudit } from '../escrow/audit/previous-audit.ts';
import { drillFolder, parseDrillReceiptName } from '../escrow/blob-names.ts';
import type { Drill } from '../escrow/drill/drill.ts';
import { runDrill, sweepLeftovers } from '../escrow/drill/drill.ts';
import type { ChosenRecord } from '../escrow/drill/drill-choice.ts';
import { chooseForDrill } from '../escrow/drill/drill-choice.ts';
import { inspectDrillTarget } from '../escrow/drill/drill-target.ts';
import type { DrilledKey } from '../escrow/drill-receipt.ts';
import type { StoredBlob } from '../escrow/escrow-container.ts';
import { EscrowFault } from '../escrow/failure.ts';
import { recordedKeyNames, recordedSources } from '../escrow/records/record-listing.ts';
import type { SourceId } from '../escrow/source.ts';
import { describeSource } from '../escrow/source.ts';
import { matchesAny } from '../escrow/wildcard.ts';
import type { OperatorServices } from '../operator-services.ts';
import { defineCommand } from './command.ts';
import { drillReferences } from './drill-reference.ts';
import { exitCodes } from './exit-codes.ts';
import { count } from './figures.ts';
import type { Io } from './io.ts';
import { print, printJson, say } from './output.ts';
import { painter } from './paint.ts';
import { showProgress } from './progress.ts';
import { namedSource, resolveSource, sourceOptions } from './source-options.ts';
import { didYouMean } from './suggestion.ts';
import { readTarget, targetOptions } from './target-options.ts';
import { UsageFault } from './usage-fault.ts';

const defaultSample = 3;

/** Proof that backups restore: real records, in a vault of their own, compared version by version, destroyed again. */
export const drill = defineCommand({
  name: 'drill',
  summary: 'restore records into a separate drill vault, compare, and destroy them again',
  help: 'Restores the records of the keys that were never proven, or longest ago, into an empty vault (or Managed HSM) that is no configured source, one by one; compares every version id and public key with the source where the key still exists, else with the witness of the last audit; deletes and purges it again; and writes a receipt to drills/. It deletes only what its own journal names; what a crashed drill left is swept first. Symmetric keys are proven by their version ids, and the receipt says so. Exit code 3 when a key is not proven.',
  examples: [
    'drill --to-vault-name contoso-drill',
    'drill --to-vault-name contoso-drill --sample 10',
    'drill --to-vault-name contoso-drill --vault-name contoso-prod --name signing',
    'drill --to-hsm-name contoso-drill-hsm --json',
  ],
  options: {
    ...targetOptions,
    ...sourceOptions,
    sample: { type: 'string', value: 'N', about: `how many keys; ${defaultSample} without it` },
    name: { type: 'string', value: 'KEY', multiple: true, about: 'these keys instead; patterns with * and ?' },
    'what-if': { type: 'boolean', about: 'say which records would be proven; change nothing' },
  },
  async run(values, io, services) {
    const sample = readSample(values.sample, values.name !== undefined);
    const target = readTarget(values, services);
    const wanted = namedSource(values['vault-name'], values['hsm-name']);
    const { container, settings } = services;
    const operator = services.operatorOf(target.source);
    const leftovers = await inspectDrillTarget(operator, container, settings.sources, io.signal);

    const sources = wanted ? [await resolveSource(wanted, io, services)] : await recordedSources(container, io.signal);
    await refuseUnknown(values.name, sources, io, services);
    const audit = await findNewestAudit(container, services.now(), io.signal);
    const { proven } = await readDrills(container, await listReceipts(services, io), audit?.audit, io.signal, () => {});
    const wish = { sources, names: values.name, target, sample };
    const chosen = await chooseForDrill(wish, proven, { container, suffixes: settings.suffixes, outOfTime: io.signal });
    if (chosen.length === 0) {
      throw new EscrowFault(
        'nothingToDrill',
        `No record can be proven in ${describeSource(target.source)}`,
        'It takes a record of a source of the same kind whose place is not told to differ: see npm run escrow -- list.',
      );
    }
    for (const one of chosen) say(io, `To prove: ${describeChosen(one)}`);
    if (values['what-if']) {
      if (values.json)
        await printJson(io, { target: target.source, leftovers: leftovers.names, keys: chosen.map(chosenObject) });
      return exitCodes.done;
    }

    // The key under way is compared and taken away again even after Ctrl-C.
    const lastCall = new AbortController().signal;
    const now = services.now;
    const swept = await sweepLeftovers(leftovers, target, { container, operator, now, lastCall });
    if (swept.length > 0) say(io, `Swept away what an earlier drill had left: ${swept.join(', ')}.`);
    const progress = showProgress(io, 'keys', chosen.length);
    const done = await runDrill(chosen, target, {
      container,
      operator,
      now,
      outOfTime: io.signal,
      lastCall,
      sleep: services.sleep,
      referenceOf: drillReferences(services, audit, lastCall),
      ended: () => progress.step(),
    });
    progress.end();
    return tell(done, chosen.length, values.json ?? false, io);
  },
});

function readSample(text: string | undefined, isNamed: boolean): number {
  if (text !== undefined && isNamed)
    throw new UsageFault('--sample and --name are both given', 'Choose by one of the two.');
  if (text === undefined) return isNamed ? Number.POSITIVE_INFINITY : defaultSample;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new UsageFault(`--sample ${JSON.stringify(text)} is no number of keys`, 'Write it as --sample 10.');
}

async function listReceipts({ container }: OperatorServices, io: Io): Promise<StoredBlob[]> {
  const receipts: StoredBlob[] = [];
  for await (const blob of container.list(drillFolder, io.signal)) {
    if (parseDrillReceiptName(blob.name) !== undefined) receipts.push(blob);
  }
  return receipts;
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
  throw new UsageFault(
    `the escrow has no record of a key ${JSON.stringify(unknown)}`,
    `${didYouMean(unknown, known)}See what there is: npm run escrow -- list.`,
  );
}

function describeChosen({ record, provenAt }: ChosenRecord): string {
  const last = provenAt === undefined ? 'never proven' : `proven last on ${provenAt.slice(0, 10)}`;
  return `key "${record.keyName}" of ${describeSource(record.source)}, ${last}`;
}

function chosenObject({ record, provenAt }: ChosenRecord): object {
  return { source: record.source, name: record.keyName, blobName: record.blobName, provenAt: provenAt ?? null };
}

async function tell({ receipt, receiptName }: Drill, planned: number, json: boolean, io: Io) {
  const paint = painter(io);
  const proven = receipt.keys.filter(({ outcome }) => outcome === 'proven').length;
  if (json) await printJson(io, { receipt: receiptName, ...receipt });
  else {
    for (const key of receipt.keys)
      await print(io, `${paint(key.outcome === 'proven' ? 'green' : 'red', key.outcome)} ${describeDrilled(key)}`);
    if (receipt.message !== undefined) await print(io, paint('red', `Stopped: ${receipt.message}`));
    await print(io, `${proven} of ${count(planned, 'key')} proven. Receipt: ${receiptName}`);
  }
  if (receipt.status === 'ok') return exitCodes.done;
  return receipt.status === 'stopped' && proven === 0 ? exitCodes.failed : exitCodes.findings;
}

function describeDrilled({ source, key, versions, message }: DrilledKey): string {
  if (message !== undefined) return `${source}/${key}: ${message}`;
  const by = (proof: string): number => versions.filter((version) => version.proof === proof).length;
  const proofs = [
    [by('publicKey'), 'by their public keys, against the source'],
    [by('witness'), 'by their public keys, against the last audit'],
    [by('versionId'), 'by their ids alone'],
  ].flatMap(([number, how]) => (number === 0 ? [] : [`${number} ${how}`]));
  return `${source}/${key}: ${count(versions.length, 'version')}, ${proofs.join('; ')}`;
}
