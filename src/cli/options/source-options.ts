import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { OperatorServices } from '../../app/operator-services.ts';
import type { EscrowSource, SourceId } from '../../escrow/model/source.ts';
import { describeSource, isSameSource } from '../../escrow/model/source.ts';
import { sourceNamePattern } from '../../escrow/model/source-path.ts';
import { recordedSources } from '../../escrow/records/record-listing.ts';
import { UsageFault } from '../terminal/errors.ts';
import type { Io } from '../terminal/io.ts';
import { say } from '../terminal/print.ts';
import { didYouMean } from './suggestion.ts';

/** The options that name a source. */
export const vaultName = new Option('--vault-name <VAULT>', 'a vault').argParser(parseSourceName).conflicts('hsmName');
export const hsmName = new Option('--hsm-name <HSM>', 'a Managed HSM').argParser(parseSourceName);

export interface SourceValues {
  readonly vaultName?: string | undefined;
  readonly hsmName?: string | undefined;
}

/** @throws InvalidArgumentError for a text that is not the name of a vault or a Managed HSM. */
export function parseSourceName(text: string): string {
  if (sourceNamePattern.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('Give the name alone, as contoso-prod: 3 to 24 letters, digits and dashes.');
}

/** The source that the options name; undefined when neither is given. */
export function namedSource({ vaultName, hsmName }: SourceValues): SourceId | undefined {
  if (vaultName !== undefined) return { kind: 'vault', name: vaultName };
  return hsmName === undefined ? undefined : { kind: 'managedHsm', name: hsmName };
}

/** The configured sources that are meant: one, or all where none is named. @throws UsageFault */
export function chooseConfigured(
  values: SourceValues,
  io: Io,
  { settings }: OperatorServices,
): readonly EscrowSource[] {
  const wanted = namedSource(values);
  if (wanted === undefined) return settings.sources;
  const { name } = completeSource(wanted, settings.sources, 'is not configured', io);
  return settings.sources.filter((source) => isSameSource(source, { ...wanted, name }));
}

/** The source that is meant: a configured one, or one that only the container still knows. @throws UsageFault */
export async function resolveSource(wanted: SourceId, io: Io, services: OperatorServices): Promise<SourceId> {
  const { sources } = services.settings;
  if (sources.some((source) => isSameSource(source, wanted))) return wanted;
  const known = [...sources, ...(await recordedSources(services.container, io.signal))];
  return completeSource(wanted, known, 'is neither configured nor in the escrow', io);
}

/** An unfinished name is completed, and that is said. @throws UsageFault with what may have been meant. */
function completeSource(wanted: SourceId, known: readonly SourceId[], fault: string, io: Io): SourceId {
  const names = [...new Set(known.filter(({ kind }) => kind === wanted.kind).map(({ name }) => name))];
  if (names.includes(wanted.name)) return wanted;
  const completed = complete(wanted.name, names);
  if (completed !== undefined) {
    say(io, `Taking "${wanted.name}" for ${describeSource({ ...wanted, name: completed })}.`);
    return { ...wanted, name: completed };
  }
  const what = wanted.kind === 'vault' ? 'vaults' : 'Managed HSMs';
  throw new UsageFault(
    `${describeSource(wanted)} ${fault}`,
    `${didYouMean(wanted.name, names)}Known ${what}: ${names.join(', ') || 'none'}.`,
  );
}

/** The one known name that begins with what was typed. */
export function complete(typed: string, names: readonly string[]): string | undefined {
  const beginning = names.filter((name) => name.toLowerCase().startsWith(typed.toLowerCase()));
  return beginning.length === 1 ? beginning[0] : undefined;
}

/** `vaultName`/`hsmName` as messages and the JSON of commands carry a source. */
export function sourceMembers({ kind, name }: SourceId): { readonly vaultName: string } | { readonly hsmName: string } {
  return kind === 'vault' ? { vaultName: name } : { hsmName: name };
}
