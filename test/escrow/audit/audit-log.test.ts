import { expect, test } from 'vitest';
import { coverageGapsOf } from '../../../src/escrow/audit/document/audit-log.ts';
import { found, sampleAudit, sampleWritten } from '../../support/sample-audit.ts';

test('of more gaps than its text holds, the error of an audit carries each, and says how many more there are and where', () => {
  const source = { kind: 'vault', name: 'contoso-prod' } as const;
  const gaps = Array.from({ length: 40 }, (_, index) => found('keyGone', source, `key-${index}`));
  const warning = found('tooManyBlobs', source, undefined, undefined, 'warning');
  const error = coverageGapsOf(sampleAudit([], [...gaps, warning]), sampleWritten);
  expect(error?.errors).toHaveLength(40);
  expect(error?.message.split('\n')).toHaveLength(27);
  expect(error?.message).toMatch(/\n- and 15 more, in audits\/20261124T060003Z\.json and the log$/);
});
