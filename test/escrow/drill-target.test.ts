import { describe, expect, test } from 'vitest';
import { removeDrilledKey } from '../../src/escrow/drill-target.ts';
import type { KeyOperator } from '../../src/escrow/key-operator.ts';
import { noLimit } from '../support/escrow-sources.ts';

const journalAt = new Date('2026-11-24T14:00:00Z');

/** A drill target with one key, made at a time. */
function targetWith(createdAt: Date | undefined): { operator: KeyOperator; calls: string[] } {
  const calls: string[] = [];
  let state: 'active' | 'deleted' | 'gone' = 'active';
  const deletedKey = { name: 'signing', deletedAt: undefined, purgeAt: undefined };
  const key = { name: 'signing', id: '', enabled: true, createdAt, updatedAt: createdAt, certificateBacked: false };
  const operator = {
    keys: {
      source: { kind: 'vault', name: 'contoso-drill' },
      async *listVersions() {
        yield { version: 'a', enabled: true, createdAt, updatedAt: createdAt };
      },
    },
    findKey: async () => (state === 'active' ? key : undefined),
    findDeletedKey: async () => (state === 'deleted' ? deletedKey : undefined),
    deleteKey: async () => {
      calls.push('delete');
      state = 'deleted';
    },
    purgeKey: async () => {
      calls.push('purge');
      state = 'gone';
    },
  } as unknown as KeyOperator;
  return { operator, calls };
}

describe('taking a drilled key away', () => {
  test('deletes and purges a key that is older than the journal, as a restored one is', async () => {
    const { operator, calls } = targetWith(new Date('2026-01-01T00:00:00Z'));
    await removeDrilledKey(operator, 'signing', journalAt, noLimit);
    expect(calls).toEqual(['delete', 'purge']);
  });

  test.each([
    ['made since', new Date('2026-11-24T15:00:00Z')],
    ['of unknown age', undefined],
  ])('leaves a key alone that is %s: no drill restored it', async (_what, createdAt) => {
    const { operator, calls } = targetWith(createdAt);
    await expect(removeDrilledKey(operator, 'signing', journalAt, noLimit)).rejects.toMatchObject({
      code: 'notOfThisDrill',
    });
    expect(calls).toEqual([]);
  });
});
