import type { OperatorServices } from '../../app/operator-services.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import { describeSource } from '../../escrow/model/source.ts';
import { listChosenNames, recordedKeyNames, recordedSources } from '../../escrow/records/record-listing.ts';
import { UsageFault } from '../terminal/errors.ts';
import type { Io } from '../terminal/io.ts';
import { didYouMean } from './suggestion.ts';

/**
 * The key names, lower-case, that a source (or any) has records of, under usual names or chosen ones. From folders alone: one
 * request per 5,000 keys, and those that list what lies under chosen names.
 */
export async function knownKeyNames(
  source: SourceId | undefined,
  io: Io,
  { container, settings }: OperatorServices,
): Promise<string[]> {
  const names = new Set<string>();
  for (const one of source === undefined ? await recordedSources(container, io.signal) : [source]) {
    for (const name of await recordedKeyNames(container, one, io.signal)) names.add(name);
  }
  for await (const record of listChosenNames(container, settings.suffixes, { source }, io.signal)) {
    names.add(record.keyName.toLowerCase());
  }
  return [...names];
}

/** No record of that key. */
export function unknownKey(name: string, source: SourceId | undefined, known: readonly string[]): UsageFault {
  const place = source === undefined ? '' : ` of ${describeSource(source)}`;
  return new UsageFault(
    `the escrow has no record of key "${name}"${place}`,
    `${didYouMean(name, known)}See what there is: \`keyvault-escrow list\`.`,
  );
}
