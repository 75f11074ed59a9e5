import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import {
  auditName,
  canaryName,
  drillJournalName,
  drillReceiptName,
  parseAuditName,
  parseDrillJournalName,
  parseDrillReceiptName,
  parseRecordName,
  parseRunBlobName,
  periodPrefixes,
  reportName,
} from '../../../src/escrow/records/blob-names.ts';

const hour = 60 * 60 * 1000;
const instants = fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
const attempts = fc.integer({ min: 1, max: 30 });

describe('the names of audits and drills', () => {
  test('tell their instant again, each kind its own only', () => {
    fc.assert(
      fc.property(instants, attempts, fc.constantFrom('json' as const, 'html' as const), (time, attempt, form) => {
        const id = scheduledRunId(time);
        const [audit, receipt, journal] = [
          auditName(id, form, attempt),
          drillReceiptName(id, attempt),
          drillJournalName(id),
        ];
        expect([audit, receipt, journal].map(parseAuditName)).toEqual([
          { auditId: id, form, attempt },
          undefined,
          undefined,
        ]);
        expect([audit, receipt, journal].map(parseDrillReceiptName)).toEqual([undefined, { drillId: id }, undefined]);
        expect([audit, receipt, journal].map(parseDrillJournalName)).toEqual([undefined, undefined, { drillId: id }]);
        for (const name of [audit, receipt, journal]) {
          expect(parseRunBlobName(name)).toBeUndefined();
          expect(parseRecordName(name)).toBeUndefined();
        }
      }),
      { numRuns: 500 },
    );
  });

  test('are not what somebody else put beside them', () => {
    for (const name of [canaryName, 'audits/x.json', 'audits/20261124T060000Z.0.json', 'audits/20261124T060000Z.txt']) {
      expect(parseAuditName(name)).toBeUndefined();
    }
    for (const name of ['drills/x.json', 'drills/20261124T060000Z.journal.json', 'drills/a/20261124T060000Z.json']) {
      expect(parseDrillReceiptName(name)).toBeUndefined();
    }
  });
});

describe('the prefixes of a period', () => {
  test('miss no name whose instant lies in it', () => {
    const spans = fc.tuple(instants, fc.integer({ min: 0, max: 400 * 24 }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(spans, fc.constantFrom('runs' as const, 'audits' as const), ([from, hours, share], folder) => {
        const to = new Date(from.getTime() + hours * hour);
        const between = new Date(from.getTime() + share * hours * hour);
        const prefixes = periodPrefixes(folder, from, to);
        for (const time of [from, between, to]) {
          const id = scheduledRunId(time);
          const name =
            folder === 'runs' ? reportName(id, { kind: 'vault', name: 'contoso-prod' }) : auditName(id, 'json');
          expect(prefixes.filter((prefix) => name.startsWith(prefix))).toHaveLength(1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('are few: two days never cost more than two, a year not more than four for each month and one', () => {
    const until = (days: number) =>
      periodPrefixes('runs', new Date('2026-11-24'), new Date(Date.UTC(2026, 10, 24 + days)));
    expect(until(0)).toEqual(['runs/2026112']);
    expect(until(2)).toEqual(['runs/2026112']);
    expect(until(7)).toEqual(['runs/2026112', 'runs/2026113', 'runs/2026120']);
    expect(until(365).length).toBeLessThanOrEqual(49);
  });
});
