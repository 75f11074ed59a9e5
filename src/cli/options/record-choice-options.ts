import { Option } from '@commander-js/extra-typings';
import type { OperatorServices } from '../../app/operator-services.ts';
import { EscrowFault } from '../../escrow/model/failure.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import type { RecordChoice } from '../../escrow/records/record-choice.ts';
import { chooseRecord } from '../../escrow/records/record-choice.ts';
import type { RecordPick } from '../../escrow/records/record-pick.ts';
import { describePick } from '../../escrow/records/record-pick-words.ts';
import { UsageFault } from '../terminal/errors.ts';
import type { Io } from '../terminal/io.ts';
import { say } from '../terminal/print.ts';
import { parseInstant } from './instants.ts';
import { knownKeyNames, unknownKey } from './known-keys.ts';
import type { SourceValues } from './source-options.ts';
import { namedSource, resolveSource } from './source-options.ts';

/** The options that choose one record, with those of its source. */
export const keyName = new Option('--name <KEY>', 'the key');
export const asOfTime = new Option(
  '--at <TIME>',
  'the newest record as of then, in UTC: 2026-11-24, 2026-11-24T02:00:00Z, or an age as 7d',
).conflicts('blobName');
export const blobName = new Option('--blob-name <BLOB>', 'this very record');

export interface RecordChoiceValues extends SourceValues {
  readonly name?: string | undefined;
  readonly at?: string | undefined;
  readonly blobName?: string | undefined;
}

/** @throws UsageFault when the options choose no record. */
export async function readRecordChoice(
  values: RecordChoiceValues,
  io: Io,
  services: OperatorServices,
): Promise<RecordChoice> {
  const source = await chosenSource(values, io, services);
  const { name: keyName, at, blobName } = values;
  if (blobName !== undefined) return { blobName, source, keyName };
  if (source === undefined || keyName === undefined) {
    throw new UsageFault('Which record?', 'Pass --vault-name or --hsm-name with --name, or --blob-name.');
  }
  return { source, keyName, asOf: readAsOf(at, services.now()) };
}

export function readAsOf(at: string | undefined, now: Date): Date | undefined {
  return at === undefined ? undefined : parseInstant(at, 'at', now, true);
}

export async function chosenSource(
  values: SourceValues,
  io: Io,
  services: OperatorServices,
): Promise<SourceId | undefined> {
  const wanted = namedSource(values);
  return wanted && (await resolveSource(wanted, io, services));
}

/**
 * The chosen record; what has to be known about the choice is said. @throws UsageFault with the key that may have been meant, when the escrow has none of that name;
 * EscrowFault when it has none as of the time.
 */
export async function findRecord(choice: RecordChoice, io: Io, services: OperatorServices): Promise<RecordPick> {
  const { container, settings } = services;
  try {
    const pick = await chooseRecord(container, settings.suffixes, choice, io.signal);
    for (const note of describePick(pick)) say(io, note);
    return pick;
  } catch (error) {
    if (!(error instanceof EscrowFault) || 'blobName' in choice) throw error;
    const known = await knownKeyNames(choice.source, io, services);
    if (known.includes(choice.keyName.toLowerCase())) throw error;
    throw unknownKey(choice.keyName, choice.source, known);
  }
}
