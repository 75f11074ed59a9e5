import { expect, test } from 'vitest';
import { parseAudit } from '../../../src/escrow/audit/audit-document.ts';
import { troubledAudit } from '../../support/sample-audit.ts';

test('an audit is read back as it was written', () => {
  const audit = troubledAudit();
  expect(parseAudit(JSON.stringify(audit))).toEqual(JSON.parse(JSON.stringify(audit)));
});

test.each([
  ['no JSON', '{'],
  ['another document', '{"format":"keyvault-escrow/run-report/1"}'],
  ['a chain without evidence', JSON.stringify({ ...troubledAudit(), chain: {} })],
  ['a source that is null', JSON.stringify({ ...troubledAudit(), sources: [null] })],
  ['a source without keys', JSON.stringify({ ...troubledAudit(), sources: [{ source: 'vaults/x', runs: [] }] })],
  ['no calendar', JSON.stringify({ ...troubledAudit(), calendar: undefined })],
])('a forgery is told as no audit instead of stopping the next one: %s', (_, text) => {
  expect(parseAudit(text)).toBeUndefined();
});
