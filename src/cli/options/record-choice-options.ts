import type { OperatorServices } from '../../app/operator-services.ts';
import { EscrowFault } from '../../escrow/model/failure.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import type { RecordChoice } from '../../escrow/records/record-choice.ts';
import { chooseRecord } from '../../escrow/records/record-choice.ts';
import type { RecordPick } from '../../escrow/records/record-pick.ts';
import { describePick } from '../../escrow/records/record-pick-words.ts';
import type { OptionSpecs, Values } from '../command.ts';
import type { Io } from '../terminal/io.ts';
import { say } from '../terminal/output.ts';
import { UsageFault } from '../terminal/usage-fault.ts';
import { parseInstant } from './instants.ts';
import { knownKeyNames, unknownKey } from './known-keys.ts';
import { namedSource, resolveSource, sourceOptions } from './source-options.ts';

/** The options that choose one record. */
export const recordChoiceOptions = {
  ...sourceOptions,
  name: { type: 'string', value: 'KEY', about: 'the key' },
  at: {
    type: 'string',
    value: 'TIME',
    about: 'the newest record as of then, in UTC: 2026-11-24, 2026-11-24T02:00:00Z, or an age as 7d',
  },
  'blob-name': { type: 'string', value: 'BLOB', about: 'this very record' },
} as const satisfies OptionSpecs;

/** @throws UsageFault when the options choose no record, or contradict each other. */
export async function readRecordChoice(
  values: Values<typeof recordChoiceOptions>,
  io: Io,
  services: OperatorServices,
): Promise<RecordChoice> {
  const source = await chosenSource(values, io, services);
  const { name: keyName, at, 'blob-name': blobName } = values;
  if (blobName !== undefined) {
    if (at !== undefined)
      throw new UsageFault('--at and --blob-name are both given', 'Choose the record by one of the two.');
    return { blobName, source, keyName };
  }
  if (source === undefined || keyName === undefined) {
    throw new UsageFault(
      'it is not said which record',
      'Name the key (--vault-name or --hsm-name, and --name) or the blob (--blob-name).',
    );
  }
  return { source, keyName, asOf: readAsOf(at, services.now()) };
}

export function readAsOf(at: string | undefined, now: Date): Date | undefined {
  return at === undefined ? undefined : parseInstant(at, 'at', now, true);
}

export async function chosenSource(
  values: Pick<Values<typeof recordChoiceOptions>, 'vault-name' | 'hsm-name'>,
  io: Io,
  services: OperatorServices,
): Promise<SourceId | undefined> {
  const wanted = namedSource(values['vault-name'], values['hsm-name']);
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
