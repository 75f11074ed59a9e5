import { expect, test } from 'vitest';
import { auditTable } from '../../src/app/audit-table.ts';
import type { Audit } from '../../src/escrow/records/audit-document.ts';
import { troubledAudit } from '../support/sample-audit.ts';

const rowsOf = (csv: string): string[] => csv.trimEnd().split('\r\n');

const audit = troubledAudit();

test('an audit as CSV has a row for each key, and each row as many cells as the head', () => {
  const [head = '', ...rows] = rowsOf(auditTable(audit));
  expect(rows).toHaveLength(audit.keys.length);
  for (const row of rows) {
    const cells = row.match(/("([^"]|"")*"|[^,]*)(,|$)/g)?.slice(0, -1) ?? [];
    expect(Math.max(cells.length, row.split(',').length), row).toBeGreaterThanOrEqual(head.split(',').length);
  }
});

test('nothing in it is a formula to a spreadsheet, and quotation marks stay whole', () => {
  const [key] = audit.keys;
  if (key === undefined) throw new Error('The sample has no key.');
  const csv = auditTable({ ...audit, keys: [{ ...key, key: '=cmd|"/c calc"!A1', id: '-1' }] });
  expect(csv).toContain(`,"'=cmd|""/c calc""!A1",'-1,`);
});

test('each row says until when the storage keeps the record, where that is visible', () => {
  const untilOf = (one: Audit): string[] => {
    const [head = '', ...rows] = rowsOf(auditTable(one));
    const column = head.split(',').indexOf('immutableUntil');
    return rows.map((row) => row.split(',')[column] ?? '');
  };
  const [{ record } = { record: undefined }] = audit.keys;
  const aYear = new Date(Date.parse(record?.createdAt ?? '') + 365 * 86_400_000).toISOString();
  expect(untilOf(audit)[0]).toBe(aYear);
  const { protection: _, ...unseen } = audit;
  expect(new Set(untilOf(unseen))).toEqual(new Set(['']));
});
