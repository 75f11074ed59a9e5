import type { KeyCoverage, SourceCoverage } from '../escrow/audit/coverage.ts';
import { readCoverage } from '../escrow/audit/coverage.ts';
import type { CoverageStatus } from '../escrow/audit/coverage-status.ts';
import { coverageStatuses } from '../escrow/audit/coverage-status.ts';
import { silenceFindings } from '../escrow/audit/source-findings.ts';
import type { Finding } from '../escrow/model/finding.ts';
import type { SourceId } from '../escrow/model/source.ts';
import { isLiteral, matchesAny } from '../escrow/model/wildcard.ts';
import { chooseConfigured, complete, UnknownName } from './known-names.ts';
import type { Task } from './task.ts';

export type KeyStatus = KeyCoverage;
export type { CoverageStatus };

export interface SourceStatus extends SourceCoverage {
  /** What would leave the whole source without backups. */
  readonly problems: readonly Finding[];
}

export interface EscrowStatus {
  readonly asOf: Date;
  readonly maxAgeHours: number;
  readonly sources: readonly SourceStatus[];
  /** Nothing needs attention. */
  readonly isRight: boolean;
}

export interface StatusQuery {
  readonly source: SourceId | undefined;
  /** Names, which may be unfinished, or patterns. */
  readonly names: readonly string[] | undefined;
  /** Older is stale; the setting without it. */
  readonly maxAgeHours: number | undefined;
}

/** Coverage as the audit judges it, now. @throws UnknownName */
export async function readStatus(query: StatusQuery, task: Task): Promise<EscrowStatus> {
  const { services, signal } = task;
  const { settings, container } = services;
  const { maxAgeHours = settings.maxAgeHours } = query;
  const asOf = services.now();
  const chosen = chooseConfigured(query.source, task).map((source) => ({ source, keys: services.keysOf(source) }));
  const read = await readCoverage({ container, now: asOf, maxAgeHours, outOfTime: signal }, chosen);
  const names = query.names?.map((name) => meantKey(name, read, task));
  const sources = read.map((one) => ({
    ...one,
    problems: silenceFindings(one.source, one),
    keys: names === undefined ? one.keys : one.keys.filter(({ key }) => matchesAny(names, key)),
  }));
  const isRight = sources.every(
    ({ unreadable, problems, keys }) => unreadable === undefined && problems.length === 0 && !keys.some(needsAttention),
  );
  return { asOf, maxAgeHours, sources, isRight };
}

export function needsAttention({ status, faults }: KeyStatus): boolean {
  return ['stale', 'never', 'gone'].includes(status) || faults.length > 0;
}

/** How many keys have each status, in one order. */
export function countStatuses(keys: readonly KeyStatus[]): ReadonlyMap<CoverageStatus, number> {
  const counts = coverageStatuses.map(
    (status) => [status, keys.filter((key) => key.status === status).length] as const,
  );
  return new Map(counts.filter(([, number]) => number > 0));
}

/** Silence about a mistyped name would pass for good news. What an unreadable source has is not known. */
function meantKey(typed: string, read: readonly SourceCoverage[], { say }: Task): string {
  const known = read.flatMap(({ keys }) => keys.map(({ key }) => key));
  if (known.some((key) => matchesAny([typed], key))) return typed;
  const meant = isLiteral(typed) ? complete(typed, known, (completed) => `"${completed}"`, say) : undefined;
  if (meant !== undefined) return meant;
  if (read.some(({ unreadable }) => unreadable !== undefined)) return typed;
  const message = `no key is named ${JSON.stringify(typed)} in what is configured`;
  throw new UnknownName(message, typed, known, 'See every key: `keyvault-escrow status`.');
}
