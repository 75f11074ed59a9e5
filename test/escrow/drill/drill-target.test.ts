import { describe, expect, test } from 'vitest';
import { inspectDrillTarget, removeDrilledKey } from '../../../src/escrow/drill/drill-target.ts';
import type { KeyOperator } from '../../../src/escrow/ports/key-operator.ts';
import { answered } from '../../support/answers.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';

const journalAt = new Date('2026-11-24T14:00:00Z');

interface TargetKey {
  readonly createdAt: Date | undefined;
  /** Present: the key is deleted already. */
  readonly deletedAt?: Date | undefined;
  /** What a purge answers instead of doing it. */
  readonly purgeAnswer?: { readonly statusCode: number; readonly code: string };
}

/** A drill target with one key, made (and deleted) at a time. A deletion of ours carries the target's own, odd clock. */
function targetWith({ createdAt, purgeAnswer, ...rest }: TargetKey): { operator: KeyOperator; calls: string[] } {
  const calls: string[] = [];
  let state: 'active' | 'deleted' | 'gone' = 'deletedAt' in rest ? 'deleted' : 'active';
  const deletedAt = 'deletedAt' in rest ? rest.deletedAt : new Date('2020-01-01T00:00:00Z');
  const deletedKey = { name: 'signing', createdAt, deletedAt, purgeAt: undefined };
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
      if (purgeAnswer !== undefined) throw answered('Key Vault', purgeAnswer);
      state = 'gone';
    },
  } as unknown as KeyOperator;
  return { operator, calls };
}

const longAgo = new Date('2026-01-01T00:00:00Z');
const afterwards = new Date('2026-11-24T15:00:00Z');
const remove = ({ operator }: { operator: KeyOperator }) => removeDrilledKey(operator, 'signing', journalAt, noLimit);

describe('taking a drilled key away', () => {
  test('deletes and purges a key that is older than the journal, as a restored one is, whatever time its deletion gets', async () => {
    const target = targetWith({ createdAt: longAgo });
    await remove(target);
    expect(target.calls).toEqual(['delete', 'purge']);
  });

  test.each([
    ['made since', afterwards],
    ['of unknown age', undefined],
  ])('leaves a key alone that is %s: no drill restored it', async (_what, createdAt) => {
    const target = targetWith({ createdAt });
    await expect(remove(target)).rejects.toMatchObject({ code: 'notOfThisDrill' });
    expect(target.calls).toEqual([]);
  });

  test.each([
    ['after the journal', afterwards],
    ['in the second of the journal, which the vault cuts', new Date('2026-11-24T13:59:59Z')],
  ])('purges a leftover that was deleted %s', async (_when, deletedAt) => {
    const target = targetWith({ createdAt: longAgo, deletedAt });
    await remove(target);
    expect(target.calls).toEqual(['purge']);
  });

  test.each([
    ['was made since', { createdAt: afterwards, deletedAt: afterwards }, 'was made after the drill began'],
    [
      'was deleted before the drill',
      { createdAt: longAgo, deletedAt: new Date('2026-11-24T13:59:00Z') },
      'was deleted before the drill began',
    ],
    ['does not tell when it was deleted', { createdAt: longAgo, deletedAt: undefined }, 'was deleted before'],
  ])('leaves a deleted key alone that %s', async (_what, key, said) => {
    const target = targetWith(key);
    await expect(remove(target)).rejects.toMatchObject({
      code: 'notOfThisDrill',
      message: expect.stringContaining(said),
    });
    expect(target.calls).toEqual([]);
  });

  test("takes the service's own 404 to a purge for done, and nobody else's", async () => {
    await remove(targetWith({ createdAt: longAgo, purgeAnswer: { statusCode: 404, code: 'KeyNotFound' } }));
    const proxy = targetWith({ createdAt: longAgo, purgeAnswer: { statusCode: 404, code: 'UnexpectedAnswer' } });
    await expect(remove(proxy)).rejects.toMatchObject({ statusCode: 404 });
  });
});

test('a vault that has records in the escrow is no drill target, whatever the settings of this desk say', async () => {
  const { operator } = targetWith({ createdAt: undefined });
  const container = createMemoryStore();
  const name = 'vaults/contoso-drill/signing/20261124T020000Z.keybackup';
  await container.create({ name, bytes: Buffer.from('x'), contentType: 'x', metadata: {} }, noLimit);
  await expect(
    inspectDrillTarget(operator, { container, drills: createMemoryStore() }, [], noLimit),
  ).rejects.toMatchObject({
    code: 'drillTargetEscrowed',
  });
});
