import { Option } from '@commander-js/extra-typings';
import type { RecordChoice } from '../../app/find-records.ts';
import { UsageFault } from '../../app/usage-fault.ts';
import { parseInstant } from './instants.ts';
import type { SourceValues } from './source-options.ts';
import { namedSource } from './source-options.ts';

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
export function readRecordChoice(values: RecordChoiceValues, now: Date): RecordChoice {
  const { name: keyName, at, blobName } = values;
  const source = namedSource(values);
  if (blobName !== undefined) return { blobName, source, keyName };
  if (source === undefined || keyName === undefined) {
    throw new UsageFault('Which record?', 'Pass --vault-name or --hsm-name with --name, or --blob-name.');
  }
  return { source, keyName, asOf: readAsOf(at, now) };
}

export function readAsOf(at: string | undefined, now: Date): Date | undefined {
  return at === undefined ? undefined : parseInstant(at, 'at', now, true);
}
