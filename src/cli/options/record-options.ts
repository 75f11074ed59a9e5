import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import type { RecordChoice, RecordQuery } from '../../app/find-records.ts';
import { UsageFault } from '../../app/usage-fault.ts';
import { type SourceNames, sourceOfNames } from '../../escrow/model/source.ts';
import { parseInstant } from './instants.ts';
import { withSource } from './source-options.ts';

/** Adds the options that choose among records, those of their source among them. */
export function withRecords<Args extends unknown[], Values extends OptionValues, Global extends OptionValues>(
  command: Command<Args, Values, Global>,
) {
  return withSource(command)
    .option('--name <KEY...>', 'key names, or patterns with * and ?')
    .option('--since <TIME>', 'written since then: 2026-11-24, 2026-11-24T02:00:00Z, or an age as 7d');
}

type RecordValues = SourceNames & { name?: string[]; since?: string };

/** @throws UsageFault */
export function readRecordQuery(values: RecordValues, onlyLatest: boolean, now: Date): RecordQuery {
  const since = values.since === undefined ? undefined : parseInstant(values.since, 'since', now);
  return { source: sourceOfNames(values), names: values.name, since, onlyLatest };
}

/** The options that choose one record, with those of its source and the name of its key. */
export const asOfTime = new Option(
  '--at <TIME>',
  'the newest record as of then, in UTC: 2026-11-24, 2026-11-24T02:00:00Z, or an age as 7d',
).conflicts('blobName');
export const blobName = new Option('--blob-name <BLOB>', 'this very record');

type ChoiceValues = SourceNames & { name?: string; at?: string; blobName?: string };

/** @throws UsageFault when the options choose no record. */
export function readRecordChoice(values: ChoiceValues, now: Date): RecordChoice {
  const { name: keyName, at, blobName } = values;
  const source = sourceOfNames(values);
  if (blobName !== undefined) return { blobName, source, keyName };
  if (source === undefined || keyName === undefined) {
    throw new UsageFault('Which record?', 'Pass --vault-name or --hsm-name with --name, or --blob-name.');
  }
  return { source, keyName, asOf: readAsOf(at, now) };
}

export function readAsOf(at: string | undefined, now: Date): Date | undefined {
  return at === undefined ? undefined : parseInstant(at, 'at', now, true);
}
