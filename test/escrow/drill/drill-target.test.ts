import { describe, expect, test } from 'vitest';
import { inspectDrillTarget, removeDrilledKey } from '../../../src/escrow/drill/drill-target.ts';
import type { KeyOperator } from '../../../src/escrow/key-operator.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { createMemoryContainer } from '../../support/memory-container.ts';

const journalAt = new Date('2026-11-24T14:00:00Z');

/** A drill target with one key, made at a time. */
function targetWith(
  createdAt: Date | undefined,
  start: 'active' | 'deleted' = 'active',
): { operator: KeyOperator; calls: string[] } {
  const calls: string[] = [];
  let state: 'active' | 'deleted' | 'gone' = start;
  const deletedKey = { name: 'signing', createdAt, deletedAt: undefined, purgeAt: undefined };
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

  test('purges a soft-deleted leftover, and leaves one alone that was made since', async () => {
    const old = targetWith(new Date('2026-01-01T00:00:00Z'), 'deleted');
    await removeDrilledKey(old.operator, 'signing', journalAt, noLimit);
    expect(old.calls).toEqual(['purge']);

    const foreign = targetWith(new Date('2026-11-24T15:00:00Z'), 'deleted');
    const removing = removeDrilledKey(foreign.operator, 'signing', journalAt, noLimit);
    await expect(removing).rejects.toMatchObject({ code: 'notOfThisDrill' });
    expect(foreign.calls).toEqual([]);
  });
});

test('a vault that has records in the escrow is no drill target, whatever the settings of this desk say', async () => {
  const { operator } = targetWith(undefined);
  const container = createMemoryContainer();
  const name = 'vaults/contoso-drill/signing/20261124T020000Z.keybackup';
  await container.create({ name, bytes: Buffer.from('x'), contentType: 'x', metadata: {} }, noLimit);
  await expect(inspectDrillTarget(operator, container, [], noLimit)).rejects.toMatchObject({
    code: 'drillTargetEscrowed',
  });
});
