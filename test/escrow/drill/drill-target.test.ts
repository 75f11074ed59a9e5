import { describe, expect, test } from 'vitest';
import { requireEmpty } from '../../../src/escrow/drill/drill-target.ts';
import type { KeyOperator } from '../../../src/escrow/ports/key-operator.ts';
import type { StoredAudit } from '../../../src/escrow/records/stored-audits.ts';
import { type KnownSources, requireExpendable } from '../../../src/escrow/restore/expendable-target.ts';
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

  test('is no source of the settings, none that audits saw, and without an audit none that has records', async () => {
    const store = createMemoryStore();
    const auditOf = (source: string) => ({ head: { sources: [{ source }] } }) as unknown as StoredAudit;
    const judge = (more: Partial<KnownSources> = {}) =>
      requireExpendable(drillVault, 'No drill', { store, sources: [], audit: undefined, ...more }, noLimit);
    expect(await judge()).toBeUndefined();
    const configured = judge({ sources: [escrowSource('vault', 'contoso-drill')] });
    await expect(configured).rejects.toMatchObject({ code: 'targetConfigured' });
    await expect(judge({ audit: auditOf('vaults/contoso-drill') })).rejects.toMatchObject({ code: 'targetAudited' });
    store.put('vaults/contoso-drill/signing/20261124T020000Z.keybackup', 'x');
    await expect(judge()).rejects.toMatchObject({ code: 'targetEscrowed' });
    // Whoever may write records could otherwise keep every place from every drill.
    expect(await judge({ audit: auditOf('vaults/contoso-prod') })).toContain('no audit ever knew it as a source');
  });
});
