import { type EscrowSource, sourcePath } from '../../src/escrow/model/source.ts';
import type { RunReport } from '../../src/escrow/records/run-report.ts';

type ReportedKey = RunReport['keys'][number];

/** A run report as the app would write it, from what became of its keys. */
export function runReport(
  source: EscrowSource,
  run: Pick<RunReport, 'runId' | 'startedAt' | 'finishedAt'> & Partial<RunReport>,
): RunReport {
  const { keys = [] } = run;
  const count = (wanted: ReportedKey['outcome']): number => keys.filter(({ outcome }) => outcome === wanted).length;
  const { keys: patterns, except, retired, allowEmpty, maxBackupsPerSecond, place } = source;
  return {
    format: 'keyvault-escrow/run-report/1',
    source: sourcePath(source),
    place,
    trigger: 'schedule',
    attempt: 1,
    resumed: false,
    asked: { keys: patterns, except, retired, allowEmpty, maxBackupsPerSecond },
    status: count('failed') === 0 ? 'ok' : 'incomplete',
    counts: {
      considered: keys.length,
      escrowed: count('escrowed'),
      alreadyEscrowed: count('alreadyEscrowed'),
      skipped: count('skipped'),
      failed: count('failed'),
    },
    throttled: 0,
    problems: [],
    keys,
    ...run,
  };
}

/** A key that failed, in words that a test can look for. */
export function failedKey(key: string, reason: string): ReportedKey {
  return { key, outcome: 'failed', code: 'x', attempt: 'back up', subject: `key "${key}"`, reason, remedy: 'Do y.' };
}
