import { expect, test } from 'vitest';
import { checkSource } from '../../../src/escrow/audit/checks/source-checks.ts';
import { escrowSource } from '../../support/escrow-sources.ts';

test('how many keys a source lost is said with grouped digits', () => {
  const key = { listed: undefined, isLate: false, hadRecord: true, elsewhere: false, unreadable: undefined };
  const gone = { ...key, status: 'gone', statusBefore: 'fresh' } as const;
  const keys = Array.from({ length: 1200 }, (_, index) => ({ ...gone, key: `key-${index}` }));
  const source = escrowSource('vault', 'contoso-prod');
  const coverage = { source, unreadable: undefined, listed: new Map(), certificatesGone: [], keys };
  const shrank = checkSource(coverage).find(({ finding }) => finding === 'sourceShrank');
  expect(shrank?.detail).toBe('1,200 of 1,200 keys');
});
