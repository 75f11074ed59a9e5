import { expect } from 'vitest';
import { durationWords, findingWord, timeWords } from '../../src/escrow/page/words.ts';
import type { ListedAudit } from './listed-audit.ts';

// What the page of an audit has to show, worked out from the audit in another way than the page's own.

const severities = { gap: 'Gap', warning: 'Warning' } as const;

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** What the page has to show: single findings each by itself, more than three of a kind in a source once, with all of them. */
export function expectedFindings({ findings }: ListedAudit): object[] {
  const groups = Map.groupBy(findings, (one) => `${one.finding} ${one.severity} ${one.source ?? 'the whole escrow'}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const title = (kind: string, ...where: string[]) => `${severities[first.severity]} ${kind} ${where.join(' / ')}`;
    const where = first.source ?? 'the whole escrow';
    if (group.length <= 3) {
      return group.map(({ finding, key, reason, detail, remedy }) => ({
        title: title(findingWord(finding), where, ...(key === undefined ? [] : [key])),
        reasons: [
          `${key === undefined ? sentence(reason) : `${key}: ${reason}`}${detail === undefined ? '' : ` (${detail})`}.`,
        ],
        subjects: [],
        remedies: [remedy],
      }));
    }
    const noun = first.key === undefined ? 'findings' : 'keys';
    return {
      title: title(`${findingWord(first.finding)}: ${group.length} ${noun}`, where),
      reasons: [`${sentence(first.reason)}.`],
      subjects: group.map(({ key, detail }) => [key, detail].filter((part) => part !== undefined).join(' ')),
      remedies: [first.remedy],
    };
  });
}

/** The cells of each run and of each missed one, newest first. */
export function expectedRuns({ runs, missedRuns = [] }: ListedAudit['sources'][number]): unknown[][] {
  const nights = [...runs, ...missedRuns.map((missed) => ({ missed, startedAt: missed }))];
  return nights
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt))
    .map((run) =>
      'missed' in run
        ? ['never began', `due ${timeWords(run.missed)}`, 'schedule', '✕ missed', '']
        : [
            run.runId,
            timeWords(run.startedAt),
            run.trigger,
            expect.stringContaining(run.status),
            ...[run.considered, run.escrowed, run.skipped, run.failed, run.attempts, run.throttled].map(String),
            durationWords(run.durationMs ?? 0),
          ],
    );
}

export const keysOf = ({ keys }: ListedAudit, source: string) => keys.filter((key) => key.source === source);

/** What a ledger says of a key beside its status. */
export function foundBesides({ findings }: ListedAudit, source: string, key: string): string[] {
  return findings
    .filter((one) => one.source === source && one.key === key)
    .filter(({ finding }) => finding !== 'stale' && finding !== 'neverEscrowed' && finding !== 'keyGone')
    .map(({ finding }) => findingWord(finding));
}
