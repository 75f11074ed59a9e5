import { join } from 'node:path';
import { compareSources, type Discovery, unconfigured } from '../../app/discover/compare-sources.ts';
import { findSources } from '../../app/discover/find-sources.ts';
import { mergeSources, type SourceChange } from '../../app/discover/merge-sources.ts';
import { count } from '../../escrow/model/count.ts';
import { describeSource, namesOfSource } from '../../escrow/model/source.ts';
import type { Cli } from '../cli.ts';
import { readSourcesList, sourcesList, writeSourcesList } from '../options/sources-list.ts';
import { confirm } from '../terminal/confirm.ts';
import { exitCodes, type Io } from '../terminal/io.ts';
import { painter, print, printJson, say } from '../terminal/print.ts';
import { alignColumns } from '../terminal/table.ts';

const about = {
  summary: 'find every vault and Managed HSM there is, and those that nobody escrows',
  description: `Asks Azure Resource Graph, as you, for every Key Vault and Managed HSM and for the Event Grid topics on them, and compares them with the settings and with ${sourcesList} (or the file that --write names). It can only show what you may see: give yourself the role Reader. With --write it puts what it found into the file, keeps what a person chose there, shows the difference, and asks. A source that is not to be escrowed stays in the file with "notEscrowed" and the reason. Exit code 3 when a source is on no list.`,
  examples: [
    'discover',
    `discover --write ${sourcesList}`,
    'discover --subscription 00000000-0000-0000-0000-000000000000 --json',
  ],
};

export function addDiscover(cli: Cli) {
  return cli
    .command('discover', about)
    .option('--subscription <ID...>', 'look into these subscriptions only, not into all that you see')
    .option('--write <FILE>', 'put what was found into this file of sources')
    .option('--yes', 'write without asking')
    .action(
      cli.action(async (values, io, { services, signal }) => {
        const file = values.write ?? join(io.folder, sourcesList);
        const entries = await readSourcesList(file);
        const found = await findSources(services.resourceGraph, values.subscription ?? [], signal);
        const before = compareSources(found, services.settings.sources, entries);
        if (values.write === undefined) {
          if (values.json) await printJson(io, discoveryObject(before));
          else await printDiscovery(before, io);
          return unconfigured(before).length === 0 ? exitCodes.done : exitCodes.findings;
        }

        const merged = mergeSources(found, entries);
        const after = compareSources(found, services.settings.sources, merged.entries);
        if (!values.json) {
          await printDiscovery(before, io);
          await print(io, changesText(merged.changes, file, io));
        }
        const isNew = merged.changes.some(({ kind }) => kind !== 'notFound');
        const agreed = isNew && (await confirm(io, `Write ${file}?`, values.yes));
        if (agreed) await writeSourcesList(file, merged.entries);
        if (agreed) say(io, `Wrote ${file}. Read it through before you deploy.`);
        const now = agreed || !isNew ? after : before;
        if (values.json)
          await printJson(io, { ...discoveryObject(now), written: agreed, changes: merged.changes.map(changeObject) });
        return unconfigured(now).length === 0 ? exitCodes.done : exitCodes.findings;
      }),
    );
}

async function printDiscovery(discovery: Discovery, io: Io): Promise<void> {
  const paint = painter(io);
  const { sources, notFound } = discovery;
  const head = ['', 'subscription', 'group', 'location', 'access', 'public', 'purge protected', 'event topic', ''];
  const rows = sources.map((one) => [
    describeSource(one.source),
    one.subscriptionId,
    one.resourceGroup,
    one.location,
    one.accessModel === 'accessPolicy' ? 'policies' : 'roles',
    one.publicAccess ? 'yes' : 'no',
    one.purgeProtection ? 'yes' : paint('yellow', 'no'),
    one.topic?.name ?? '-',
    standingText(one, io),
  ]);
  if (rows.length > 0) await print(io, alignColumns(io, [head.map((title) => paint('bold', title)), ...rows]));
  const subscriptions = new Set(sources.map(({ subscriptionId }) => subscriptionId.toLowerCase())).size;
  say(
    io,
    `${count(sources.length, 'source')} in ${count(subscriptions, 'subscription')}. Only what you may see is shown: of a vault on which you are not Reader nothing is known here.`,
  );
  for (const source of notFound) {
    say(io, `${describeSource(source)} is configured and was not found: it is gone, or you may not see it.`);
  }
  for (const { source, topic } of sources) {
    if (topic === undefined || topic.hasIdentity) continue;
    const line = `az eventgrid system-topic update --name ${topic.name} --resource-group ${topic.resourceGroup} --identity systemassigned`;
    say(
      io,
      `The event topic of ${describeSource(source)} has no identity and cannot deliver to the escrow. Its owner runs:\n  ${line}`,
    );
  }
  const missing = unconfigured(discovery).length;
  if (missing > 0) {
    const whose =
      missing === 1
        ? '1 source is on no list: nobody escrows it.'
        : `${missing} sources are on no list: nobody escrows them.`;
    const remedy = `Put them on the list, or say there why not: \`keyvault-escrow discover --write ${sourcesList}\`.`;
    say(io, `${painter(io, 'stderr')('red', whose)} ${remedy}`);
  }
}

function standingText({ standing, notEscrowed }: Discovery['sources'][number], io: Io): string {
  const paint = painter(io);
  if (standing === 'configured') return paint('green', 'configured');
  return standing === 'notEscrowed' ? `not escrowed: ${notEscrowed}` : paint('red', 'not configured');
}

function changesText(changes: readonly SourceChange[], file: string, io: Io): string {
  const paint = painter(io);
  const lines = changes.map((change) => {
    const name = describeSource(change.source);
    if (change.kind === 'changed') {
      const properties = change.properties.map((one) => `${one.name} ${show(one.before)} → ${show(one.after)}`);
      return paint('yellow', `~ ${name}: ${properties.join(', ')}`);
    }
    if (change.kind === 'added') return paint('green', `+ ${name}`);
    if (change.kind === 'sampleRemoved') return paint('red', `- ${name} (the sample)`);
    return `  ${name} stays, although it was not found`;
  });
  const isSame = changes.every(({ kind }) => kind === 'notFound');
  return [paint('bold', isSame ? `${file} is up to date.` : `${file}:`), ...lines].join('\n');
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

function discoveryObject(discovery: Discovery): object {
  return {
    status: unconfigured(discovery).length === 0 ? 'ok' : 'findings',
    sources: discovery.sources.map(({ source, topic: systemTopic, standing, notEscrowed, ...facts }) => ({
      ...namesOfSource(source),
      ...facts,
      systemTopic,
      standing,
      notEscrowed,
    })),
    notFound: discovery.notFound.map(namesOfSource),
  };
}

function changeObject({ source, ...change }: SourceChange): object {
  return { ...namesOfSource(source), ...change };
}
