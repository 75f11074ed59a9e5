import { expect, test } from 'vitest';
import { auditTable } from '../../src/app/audit-table.ts';
import type { Audit } from '../../src/escrow/records/audit-document.ts';
import { troubledAudit } from '../support/sample-audit.ts';

const rowsOf = (csv: string): string[] => csv.trimEnd().split('\r\n');

const audit = troubledAudit();

function columnOf(one: Audit, name: string): string[] {
  const [head = '', ...rows] = rowsOf(auditTable(one));
  const column = head.split(',').indexOf(name);
  return rows.map((row) => row.split(',')[column] ?? '');
}

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
  const untilOf = (one: Audit) => columnOf(one, 'immutableUntil');
  const [{ record } = { record: undefined }] = audit.keys;
  const aYear = new Date(Date.parse(record?.createdAt ?? '') + 365 * 86_400_000).toISOString();
  expect(untilOf(audit)[0]).toBe(aYear);
  const { protection: _, ...unseen } = audit;
  expect(new Set(untilOf(unseen))).toEqual(new Set(['']));
});

test('the age of a copied record counts from its backup, that of any other from when it was stored', () => {
  const [key] = audit.keys;
  if (key?.record === undefined) throw new Error('The first key of the sample has no record.');
  const hoursBefore = (hours: number) => new Date(Date.parse(audit.startedAt) - hours * 3_600_000).toISOString();
  const record = { ...key.record, createdAt: hoursBefore(2), backedUpAt: hoursBefore(30) };
  const { late: _, ...usual } = record;
  const keys = [usual, { ...record, late: true as const }].map((one) => ({ ...key, record: one }));
  expect(columnOf({ ...audit, keys }, 'ageHours')).toEqual(['2.0', '30.0']);
});
