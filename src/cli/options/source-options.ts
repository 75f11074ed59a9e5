import type { OperatorServices } from '../../app/operator-services.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import { describeSource, isSameSource } from '../../escrow/model/source.ts';
import { sourceNamePattern } from '../../escrow/model/source-path.ts';
import { recordedSources } from '../../escrow/records/record-listing.ts';
import type { OptionSpecs } from '../command.ts';
import type { Io } from '../terminal/io.ts';
import { say } from '../terminal/output.ts';
import { UsageFault } from '../terminal/usage-fault.ts';
import { didYouMean } from './suggestion.ts';

/** The options that name a source. */
export const sourceOptions = {
  'vault-name': { type: 'string', value: 'VAULT', about: 'a vault' },
  'hsm-name': { type: 'string', value: 'HSM', about: 'a Managed HSM' },
} as const satisfies OptionSpecs;

/** The source that two options name; undefined when neither is given. @throws UsageFault */
export function namedSource(
  vaultName: string | undefined,
  hsmName: string | undefined,
  prefix = '',
): SourceId | undefined {
  if (vaultName !== undefined && hsmName !== undefined) {
    throw new UsageFault(`--${prefix}vault-name and --${prefix}hsm-name are both given`, 'Name one of the two.');
  }
  const name = (vaultName ?? hsmName)?.toLowerCase();
  if (name === undefined) return undefined;
  if (!sourceNamePattern.test(name)) {
    throw new UsageFault(
      `${JSON.stringify(name)} is no name of a vault or Managed HSM`,
      'Give the name alone, as contoso-prod: 3 to 24 letters, digits and dashes.',
    );
  }
  return { kind: vaultName === undefined ? 'managedHsm' : 'vault', name };
}

/**
 * The source that is meant: a configured one or one that only the container still knows. An unfinished name is completed,
 * and that is said. @throws UsageFault with what may have been meant.
 */
export async function resolveSource(wanted: SourceId, io: Io, services: OperatorServices): Promise<SourceId> {
  const { sources } = services.settings;
  const configured = sources.find((source) => isSameSource(source, wanted));
  if (configured !== undefined) return { kind: configured.kind, name: configured.name };
  const known = [...sources, ...(await recordedSources(services.container, io.signal))].filter(
    ({ kind }) => kind === wanted.kind,
  );
  const names = [...new Set(known.map(({ name }) => name))];
  if (names.includes(wanted.name)) return wanted;
  const completed = complete(wanted.name, names);
  if (completed !== undefined) {
    say(io, `Taking "${wanted.name}" for ${describeSource({ ...wanted, name: completed })}.`);
    return { ...wanted, name: completed };
  }
  const what = wanted.kind === 'vault' ? 'vaults' : 'Managed HSMs';
  throw new UsageFault(
    `${describeSource(wanted)} is neither configured nor in the escrow`,
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
