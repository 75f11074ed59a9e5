import type { Failure } from '../model/failure.ts';
import { failureSentence } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import { asWarning, gap, instant } from '../model/finding.ts';
import { isExcluded } from '../model/selection.ts';
import type { EscrowSource, SourceId } from '../model/source.ts';
import { describeSource } from '../model/source.ts';
import { parseSourcePath, sourcePath } from '../model/source-path.ts';
import type { AuditedSource } from './audit-document.ts';
import type { SourceCoverage } from './coverage.ts';

// What an audit says about a source as a whole, and about its runs.

/** @param failure of listing the source, which already says reason, subject and remedy. */
export function sourceUnreadable(source: SourceId, failure: Failure): Finding {
  const path = sourcePath(source);
  const { remedy } = failure;
  return { finding: 'sourceUnreadable', severity: 'gap', source: path, message: failureSentence(failure), remedy };
}

/** @param audited as the audit before knew it. */
export function sourceLeftOut({ source, keys }: AuditedSource): Finding {
  const recorded = keys.filter(({ record }) => record !== undefined).length;
  const remedy =
    'If that is meant, its records stay (`keyvault-escrow list`); otherwise put it back into ESCROW_SOURCES: its keys are not escrowed any more.';
  const id = parseSourcePath(source);
  const reason = `${id === undefined ? source : sentence(describeSource(id))} is no longer configured; ${recorded} of its ${keys.length} known keys have a record.`;
  return { finding: 'sourceLeftOut', severity: 'warning', source, message: `${reason} ${remedy}`, remedy };
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

/** @param last when the last run began that is known. */
export function runMissing(source: SourceId, due: Date, last: Date | undefined): Finding {
  const before = last === undefined ? 'no run is on record' : `the last one began ${instant(last)}`;
  const remedy = `Check that the app runs (its timer "nightlyEscrow" and its queue), then ${runNow(source)}.`;
  const reason = `No run over ${describeSource(source)} has begun since it was due ${instant(due)}; ${before}.`;
  return gap('runMissing', reason, remedy, { source });
}

/** Runs that were due since the audit before and never began, though a later one did. @param dues oldest first. */
export function runsSkipped(source: SourceId, dues: readonly Date[]): Finding[] {
  const [first] = dues;
  if (first === undefined) return [];
  const remedy = 'A later run has begun since; see in the log of the function nightlyEscrow why these did not.';
  const others = dues.length === 1 ? '' : `, nor any of the ${dues.length - 1} after it`;
  const reason = `The run over ${describeSource(source)} that was due ${instant(first)} never began${others}.`;
  return [asWarning(gap('runMissing', reason, remedy, { source }))];
}

export function runIncomplete(source: SourceId, runId: string, how: string): Finding {
  const remedy = `See the log lines with this runId, and its report; the next run that is ok mends it: ${runNow(source)}.`;
  return gap('runIncomplete', `Run ${runId} over ${describeSource(source)} is incomplete: ${how}.`, remedy, { source });
}

const runNow = ({ kind, name }: SourceId): string =>
  `enqueue {"${kind === 'vault' ? 'vaultName' : 'hsmName'}":"${name}"}`;

export function reportUnreadable(source: SourceId, name: string): Finding {
  const remedy = 'Find out who wrote it (storage logs): this version of the app writes no such report.';
  return gap('reportUnreadable', `The run report "${name}" cannot be read as one.`, remedy, { source });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
