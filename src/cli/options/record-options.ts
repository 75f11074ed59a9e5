import { Option } from '@commander-js/extra-typings';
import type { OperatorServices } from '../../app/operator-services.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import { isLiteral } from '../../escrow/model/wildcard.ts';
import type { RecordFilter } from '../../escrow/records/record-listing.ts';
import type { Io } from '../terminal/io.ts';
import { say } from '../terminal/print.ts';
import { parseInstant } from './instants.ts';
import { knownKeyNames, unknownKey } from './known-keys.ts';
import { chosenSource } from './record-choice-options.ts';
import type { SourceValues } from './source-options.ts';
import { complete } from './source-options.ts';

/** The options that choose among records, with those of their source. */
export const keyNames = new Option('--name <KEY...>', 'key names, or patterns with * and ?');
export const since = new Option(
  '--since <TIME>',
  'written since then: 2026-11-24, 2026-11-24T02:00:00Z, or an age as 7d',
);

export interface RecordValues extends SourceValues {
  readonly name?: string[] | undefined;
  readonly since?: string | undefined;
}

/** The filter that the options mean, names completed. @throws UsageFault */
export async function readRecordFilter(
  values: RecordValues,
  io: Io,
  services: OperatorServices,
): Promise<RecordFilter> {
  const source = await chosenSource(values, io, services);
  const since = values.since === undefined ? undefined : parseInstant(values.since, 'since', services.now());
  const names = values.name && (await completeNames(values.name, source, io, services));
  return { source, names, since };
}

/** Silence about a mistyped name would pass for "there is none". What has a wildcard may match nothing. */
async function completeNames(
  typed: readonly string[],
  source: SourceId | undefined,
  io: Io,
  services: OperatorServices,
): Promise<string[]> {
  if (!typed.some(isLiteral)) return [...typed];
  const known = await knownKeyNames(source, io, services);
  return typed.map((name) => {
    if (!isLiteral(name) || known.includes(name.toLowerCase())) return name;
    const completed = complete(name, known);
    if (completed === undefined) throw unknownKey(name, source, known);
    say(io, `Taking "${name}" for "${completed}".`);
    return completed;
  });
}
