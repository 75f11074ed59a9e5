import { describe, expect, test } from 'vitest';
import { requireEmpty } from '../../../src/escrow/drill/drill-target.ts';
import type { KeyOperator } from '../../../src/escrow/ports/key-operator.ts';
import { requireExpendable } from '../../../src/escrow/restore/expendable-target.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';

const drillVault = { kind: 'vault', name: 'contoso-drill' } as const;

function targetWith(active: readonly string[], deleted: readonly string[] = []): KeyOperator {
  return {
    keys: {
      source: drillVault,
      async *listKeys() {
        for (const name of active) yield { name };
      },
    },
    async *listDeletedKeys() {
      for (const name of deleted) yield { name };
    },
  } as unknown as KeyOperator;
}

describe('a drill target', () => {
  test('is empty, deleted keys included', async () => {
    await requireEmpty(targetWith([]), new Set(['signing']), noLimit);
    await expect(requireEmpty(targetWith([], ['theirs']), new Set(), noLimit)).rejects.toThrow(/not empty.*theirs/);
  });

  test('that holds what an open drill names is for the sweep, and nothing else is', async () => {
    const left = new Set(['signing']);
    await expect(requireEmpty(targetWith(['Signing']), left, noLimit)).rejects.toMatchObject({
      remedy: expect.stringContaining('`keyvault-escrow drill sweep --to-vault-name contoso-drill`'),
    });
    const both = await requireEmpty(targetWith(['Signing', 'theirs']), left, noLimit).catch((error: Error) => error);
    expect(both).toMatchObject({ message: expect.stringContaining('(theirs)') });
    expect(both).not.toMatchObject({ remedy: expect.stringContaining('sweep') });
  });

  test('is no source of the settings, and none that has records in the escrow, whatever the settings of this desk say', async () => {
    const store = createMemoryStore();
    await requireExpendable(drillVault, 'No drill', store, [], noLimit);
    await expect(
      requireExpendable(drillVault, 'No drill', store, [escrowSource('vault', 'contoso-drill')], noLimit),
    ).rejects.toMatchObject({ code: 'targetConfigured' });
    const name = 'vaults/contoso-drill/signing/20261124T020000Z.keybackup';
    await store.create({ name, bytes: Buffer.from('x'), contentType: 'x', metadata: {} }, noLimit);
    await expect(requireExpendable(drillVault, 'No drill', store, [], noLimit)).rejects.toMatchObject({
      code: 'targetEscrowed',
    });
  });
});
