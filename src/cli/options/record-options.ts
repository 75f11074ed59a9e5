import { Option } from '@commander-js/extra-typings';
import type { RecordQuery } from '../../app/find-records.ts';
import { parseInstant } from './instants.ts';
import type { SourceValues } from './source-options.ts';
import { namedSource } from './source-options.ts';

/** The options that choose among records, with those of their source. */
export const keyNames = new Option('--name <KEY...>', 'key names, or patterns with * and ?');
export const since = new Option(
  '--since <TIME>',
  'written since then: 2026-11-24, 2026-11-24T02:00:00Z, or an age as 7d',
);

export interface RecordValues extends SourceValues {
  readonly name?: readonly string[] | undefined;
  readonly since?: string | undefined;
}

/** @throws UsageFault */
export function readRecordQuery(values: RecordValues, onlyLatest: boolean, now: Date): RecordQuery {
  const since = values.since === undefined ? undefined : parseInstant(values.since, 'since', now);
  return { source: namedSource(values), names: values.name, since, onlyLatest };
}
