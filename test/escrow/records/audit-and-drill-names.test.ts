import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import {
  auditName,
  canaryName,
  drillJournalName,
  drillReceiptName,
  parseAuditName,
  parseDrillBlobName,
  parseRecordName,
  parseRunBlobName,
} from '../../../src/escrow/records/blob-names.ts';

const instants = fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
const attempts = fc.integer({ min: 1, max: 30 });

describe('the names of audits and drills', () => {
  test('give their instant back, each kind its own only', () => {
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
        expect([audit, receipt, journal].map(parseDrillBlobName)).toEqual([
          undefined,
          { drillId: id, what: 'receipt', number: attempt },
          { drillId: id, what: 'journal', number: 1 },
        ]);
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
    for (const name of ['drills/x.json', 'drills/x.journal.json', 'drills/a/20261124T060000Z.json']) {
      expect(parseDrillBlobName(name)).toBeUndefined();
    }
  });
});
