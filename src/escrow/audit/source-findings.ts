import { sourcePath } from '../blob-names.ts';
import type { Failure } from '../failure.ts';
import type { Finding } from '../finding.ts';
import { gap, instant } from '../finding.ts';
import { isExcluded } from '../selection.ts';
import type { EscrowSource, SourceId } from '../source.ts';
import { describeSource } from '../source.ts';
import type { SourceCoverage } from './coverage.ts';

// What an audit says about a source as a whole, and about its runs.

/** @param failure of listing the source, which already says reason, subject and remedy. */
export function sourceUnreadable(source: SourceId, failure: Failure): Finding {
  const path = sourcePath(source);
  const { message, remedy } = failure;
  return { finding: 'sourceUnreadable', severity: 'gap', source: path, message, remedy };
}

export function sourceShrank(source: SourceId, missing: number, before: number): Finding {
  const remedy = 'Check for a mass deletion, or for an identity that no longer sees every key.';
  const reason = `${sentence(describeSource(source))} shrank: ${missing} of the ${before} keys that were to be escrowed are no longer listed.`;
  return gap('sourceShrank', reason, remedy, { source });
}

/** A source of which nothing is escrowed has no key that could complain. */
export function silenceFindings(
  source: EscrowSource,
  { listedCount, keys }: Pick<SourceCoverage, 'keys' | 'listedCount'>,
): Finding[] {
  if (listedCount === undefined) return [];
  if (listedCount === 0) return source.allowEmpty ? [] : [sourceEmpty(source)];
  // As a run judges: a retired key counts only where the patterns select it.
  const there = keys.filter(({ listed }) => listed !== undefined);
  const isSelected = there.some(({ key }) => !isExcluded(source, key));
  const isLeftOut = there.some(({ status }) => status === 'excluded');
  return isLeftOut && !isSelected ? [selectionMatchesNothing(source, listedCount)] : [];
}

function sourceEmpty(source: SourceId): Finding {
  const remedy =
    'If it is meant to be empty, say "allowEmpty": true; otherwise check that this is the right source and that the identity sees its keys.';
  return gap('sourceEmpty', `${sentence(describeSource(source))} lists no keys.`, remedy, { source });
}

function selectionMatchesNothing(source: EscrowSource, listed: number): Finding {
  const remedy = 'Correct the "keys" and "except" patterns of the source.';
  const reason = `Nothing is escrowed from ${describeSource(source)}: none of its ${listed} keys matches the selection.`;
  return gap('selectionMatchesNothing', reason, remedy, { source });
}

export function runMissing(source: SourceId, due: Date, last: Date | undefined): Finding {
  const before = last === undefined ? 'no run is on record' : `the last one began ${instant(last)}`;
  const name = source.kind === 'vault' ? 'vaultName' : 'hsmName';
  const remedy = `Check that the app runs (its timer "nightlyEscrow" and its queue), then enqueue {"${name}":"${source.name}"}.`;
  const reason = `No run over ${describeSource(source)} has begun since it was due ${instant(due)}; ${before}.`;
  return gap('runMissing', reason, remedy, { source });
}

export function runIncomplete(source: SourceId, runId: string, how: string): Finding {
  const remedy = 'See its report and the log lines with this runId; the next run that is ok mends it.';
  return gap('runIncomplete', `Run ${runId} over ${describeSource(source)} is incomplete: ${how}.`, remedy, { source });
}

export function reportUnreadable(source: SourceId, name: string): Finding {
  const remedy = 'Find out who wrote it (storage logs): the app writes no such report.';
  return gap('reportUnreadable', `The run report "${name}" cannot be read as one.`, remedy, { source });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
