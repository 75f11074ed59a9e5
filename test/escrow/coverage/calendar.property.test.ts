import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DayMark, decodeMarks, encodeMarks } from '../../../src/escrow/coverage/calendar.ts';
import type { CoverageStatus } from '../../../src/escrow/model/coverage-status.ts';
import { reportPage } from '../../../src/escrow/page/report-page.ts';
import { createAuditWorld, day, hour } from '../../support/audit-world.ts';
import { escrowSource } from '../../support/escrow-sources.ts';

const marks = fc.array(fc.constantFrom<DayMark[]>('e', 'h', 's', 'f', 'k', 'g', '-'), { maxLength: 200 });

test('the marks of a key survive their short form', () => {
  fc.assert(
    fc.property(marks, (days) => {
      expect(decodeMarks(encodeMarks(days))).toEqual(days);
    }),
  );
});

test('what is no mark is read as none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(decodeMarks(text).filter((mark) => !'ehsfkg-'.includes(mark))).toEqual([]);
    }),
  );
});

const agreeing: Readonly<Record<CoverageStatus, string>> = {
  fresh: 'ehf',
  stale: 'sf',
  never: 'sf',
  pending: '-',
  gone: 'g',
  notLookedAt: 'sf',
  certificateBacked: 'k',
  excluded: 'k',
  retired: 'k',
};

/** Runs and audits at any times, close together and far apart. */
const act = fc.record({
  kind: fc.constantFrom('run', 'failedRun', 'runWithoutReport', 'loseRecord', 'deleteKey', 'audit', 'audit'),
  afterMs: fc.oneof(fc.integer({ min: 0, max: 3 * hour }), fc.integer({ min: 0, max: 40 * hour })),
});

test('the last day of a calendar agrees with the status of its key, and no stale day is called one without a gap', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 * day }),
      fc.array(act, { minLength: 2, maxLength: 25 }),
      async (startMs, acts) => {
        const world = createAuditWorld(escrowSource('vault', 'contoso-prod'), new Date(startMs));
        world.addKey('orders');
        /** Creation times of every record there ever was. */
        const made: number[] = [];
        for (const { kind, afterMs } of acts) {
          world.now = new Date(world.now.getTime() + afterMs);
          if (kind === 'deleteKey') world.keys.delete('orders');
          if (kind === 'loseRecord')
            world.store.lose([...world.store.blobs.keys()].filter((name) => /^vaults/.test(name)).at(-1) ?? '');
          if (kind === 'audit') {
            const audit = await world.audit();
            const page = reportPage(audit, undefined);
            for (const { key, status, days } of audit.keys) {
              const marks = decodeMarks(days);
              expect(agreeing[status], `${key} is ${status}, its days are ${days}`).toContain(marks.at(-1));
              const isStale = marks.includes('s') || status === 'stale' || status === 'never';
              if (isStale) expect(page).not.toMatch(/without a gap/);
              for (const [index, mark] of marks.slice(0, -1).entries()) {
                // What is called held had a backup within the maximal age when the day ended.
                const end = Date.parse(audit.calendar.from) + (index + 1) * day;
                if (mark === 'h') expect(made.some((time) => time < end && end - time <= 26 * hour)).toBe(true);
              }
            }
            continue;
          }
          if (!kind.toLowerCase().includes('run')) continue;
          world.night(world.now, {
            fail: kind === 'failedRun' ? ['orders'] : [],
            noReport: kind === 'runWithoutReport',
          });
          for (const { name, createdAt } of world.store.blobs.values())
            if (/^vaults/.test(name)) made.push(createdAt.getTime());
        }
      },
    ),
    { numRuns: 300 },
  );
});
