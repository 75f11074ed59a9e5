import { expect, test } from 'vitest';
import type { RestorePlace } from '../../../src/escrow/model/source.ts';
import { describeOtherPlace, judgePlace } from '../../../src/escrow/restore/restore-place.ts';
import { recordOfSigning } from '../../support/stored-record.ts';

const source = { kind: 'vault', name: 'contoso-drill' } as const;
const said: RestorePlace = { subscriptionId: '0B1F6471-1BF0-4DDA-AEC3-CB9272F09590', geography: 'europe' };
const sameInOtherCase = { subscriptionId: '0b1f6471-1bf0-4dda-aec3-cb9272f09590', geography: 'Europe' };
const record = { ...recordOfSigning(), place: said };

test('the labels of a place are compared without case, wherever they are compared', () => {
  expect(judgePlace(record, { source, place: sameInOtherCase }).fits).toBe('yes');
  expect(describeOtherPlace(record, { ...record, place: sameInOtherCase })).toEqual([]);
});

test('a place is another one by each label that both have', () => {
  const place = { ...said, geography: 'asia' };
  expect(judgePlace(record, { source, place })).toMatchObject({
    fits: 'elsewhere',
    explanation: expect.stringContaining('lies elsewhere (geography asia)'),
  });
  expect(describeOtherPlace(record, { ...record, place })).toEqual([expect.stringContaining('(geography europe)')]);
});

test('of a vault the security domain says nothing, and a label that one side lacks leaves it unknown', () => {
  const withDomain = { ...record, place: { ...said, securityDomain: 'one' } };
  expect(judgePlace(withDomain, { source, place: { ...said, securityDomain: 'two' } }).fits).toBe('yes');
  expect(judgePlace(record, { source, place: { geography: 'europe' } }).fits).toBe('unknown');
});
