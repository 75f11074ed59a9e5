import { describeSource, type EscrowSource, isSameSource, kindNouns, type SourceId } from '../escrow/model/source.ts';
import { isLiteral } from '../escrow/model/wildcard.ts';
import { listChosenNames, recordedKeyNames, recordedSources } from '../escrow/records/record-listing.ts';
import { didYouMean } from './suggestion.ts';
import { recordPlace, type Task } from './task.ts';
import { UsageFault } from './usage-fault.ts';

/**
 * An unknown name. Without an error, a typing error would look like "there is none".
 * @param known what it may have been meant for. @param hint where all that is known can be seen.
 */
export function unknownName(message: string, typed: string, known: Iterable<string>, hint: string): UsageFault {
  return new UsageFault(message, `${didYouMean(typed, known)}${hint}`, { code: 'unknownName' });
}

/** The configured sources that are meant: one, or all where none is named. @throws UsageFault */
export function chooseConfigured(wanted: SourceId | undefined, { services, say }: Task): readonly EscrowSource[] {
  const { sources } = services.settings;
  if (wanted === undefined) return sources;
  const meant = completeSource(wanted, sources, 'is not configured', say);
  return sources.filter((source) => isSameSource(source, meant));
}

/** The source that is meant: a configured one, or one that only the escrow still knows. @throws UsageFault */
export async function chooseKnown(wanted: SourceId, { services, signal, say }: Task): Promise<SourceId> {
  const { sources } = services.settings;
  if (sources.some((source) => isSameSource(source, wanted))) return wanted;
  const known = [...sources, ...(await recordedSources(services.store, signal))];
  return completeSource(wanted, known, 'is neither configured nor in the escrow', say);
}

function completeSource(wanted: SourceId, known: readonly SourceId[], fault: string, say: Task['say']): SourceId {
  const { kind } = wanted;
  const names = known.filter((source) => source.kind === kind).map(({ name }) => name);
  const name = complete(wanted.name, names, say, (meant) => describeSource({ kind, name: meant }));
  if (name !== undefined) return { kind, name };
  const list = [...new Set(names)].join(', ') || 'none';
  const hint = `Known ${kindNouns[kind]}s: ${list}.`;
  throw unknownName(`${describeSource(wanted)} ${fault}`, wanted.name, names, hint);
}

/** Key names and patterns, with unfinished names completed. A pattern may match nothing. @throws UsageFault */
export async function completeKeyNames(
  typed: readonly string[],
  source: SourceId | undefined,
  task: Task,
): Promise<readonly string[]> {
  if (!typed.some(isLiteral)) return typed;
  const known = await knownKeyNames(source, task);
  return typed.map((name) => {
    if (!isLiteral(name)) return name;
    const meant = complete(name, known, task.say);
    if (meant === undefined) throw unknownKey(name, source, known);
    return meant;
  });
}

export function unknownKey(name: string, source: SourceId | undefined, known: readonly string[]): UsageFault {
  const place = source === undefined ? '' : ` of ${describeSource(source)}`;
  const message = `the escrow has no record of key "${name}"${place}`;
  return unknownName(message, name, known, 'See what there is: `keyvault-escrow list`.');
}

/**
 * The key names, lower-case, that a source (or any) has records of, under usual names or chosen ones. From folders alone: one
 * request per 5,000 keys, and those that list what lies under chosen names.
 */
export async function knownKeyNames(source: SourceId | undefined, task: Task): Promise<string[]> {
  const { store, deadline } = recordPlace(task);
  const names = new Set<string>();
  for (const one of source === undefined ? await recordedSources(store, deadline) : [source]) {
    for (const name of await recordedKeyNames(store, one, deadline)) names.add(name);
  }
  for await (const record of listChosenNames(recordPlace(task), { source })) {
    names.add(record.keyName.toLowerCase());
  }
  return [...names];
}

/** The name itself where it is known, in any case; else the only known one that it begins, and that is said. */
export function complete(
  typed: string,
  known: readonly string[],
  say: Task['say'],
  describe = (meant: string): string => `"${meant}"`,
): string | undefined {
  const lower = typed.toLowerCase();
  if (known.some((name) => name.toLowerCase() === lower)) return typed;
  const [meant, ...others] = new Set(known.filter((name) => name.toLowerCase().startsWith(lower)));
  if (meant === undefined || others.length > 0) return undefined;
  say(`Taking "${typed}" for ${describe(meant)}.`);
  return meant;
}
