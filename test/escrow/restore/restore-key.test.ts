import { describe, expect, test } from 'vitest';
import { failureSentence } from '../../../src/escrow/model/failure.ts';
import { restoreRecord } from '../../../src/escrow/restore/restore-key.ts';
import type { RestoreOutcome } from '../../../src/escrow/restore/restore-outcome.ts';
import { answered } from '../../support/answers.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { escrowedRecord } from '../../support/escrowed-record.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { type ScriptedOperator, scriptedOperator } from '../../support/scripted-operator.ts';
import { witnessedVersions } from '../../support/witnessed-versions.ts';

async function restoreInto(operator: ScriptedOperator, begunBefore = false) {
  const store = createMemoryStore();
  const record = escrowedRecord(store, 'signing');
  const known = await witnessedVersions('a', 'b');
  const waits: number[] = [];
  const ports = {
    ...{ store, operator, softDeadline: noLimit, hardDeadline: noLimit },
    referenceOf: async () => ({ known }),
    sleep: async (ms: number) => void waits.push(ms),
    waiting: () => undefined,
  };
  return { outcome: await restoreRecord(record, ports, begunBefore), waits };
}

const sentence = (outcome: RestoreOutcome): string =>
  outcome.outcome === 'failed' || outcome.outcome === 'stranger' ? failureSentence(outcome) : '';
const conflict = (version: string | undefined, name = 'signing') => ({ conflict: { name, version } });
const active = (...versions: string[]) => ({ signing: { versions, state: 'active' } }) as const;

describe('a 409 to a restore', () => {
  test('is the restore whose answer was lost where the versions are those of the key', async () => {
    const { outcome } = await restoreInto(scriptedOperator({ there: active('a', 'b'), restore: conflict('b') }));
    expect(outcome).toMatchObject({ outcome: 'restored', verdict: 'same' });
    const resumed = await restoreInto(
      scriptedOperator({ there: active('a', 'b'), restore: conflict(undefined as never) }),
      true,
    );
    expect(resumed.outcome).toMatchObject({ outcome: 'alreadyThere', verdict: 'same' });
  });

  test("is somebody else's key where the version of the record is not in it; its deletion is offered, for the record is the right one", async () => {
    const { outcome } = await restoreInto(scriptedOperator({ there: active('theirs'), restore: conflict('b') }));
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'nameTaken' });
    expect(sentence(outcome)).toContain('az keyvault key delete --vault-name contoso-drill --name signing');
  });

  test.each([
    ['a version that nobody knows', active('a', 'b'), conflict('x'), 'failed'],
    ['another name', active('a', 'b'), conflict('x', 'alpha'), 'stranger'],
    [
      'a version that nobody knows, in a deleted key',
      { signing: { versions: ['a', 'b'], state: 'deleted' } },
      conflict('x'),
      'failed',
    ],
  ] as const)('never advises to delete the right key: the record holds %s', async (_what, there, restore, expected) => {
    const both = { ...there, alpha: { versions: ['theirs'], state: 'active' } } as const;
    const { outcome } = await restoreInto(scriptedOperator({ there: both, restore }));
    expect(outcome.outcome).toBe(expected);
    expect(sentence(outcome)).not.toMatch(/az keyvault key (delete|purge)/);
  });

  test('never advises to delete a key of which no answer says that the restore made it', async () => {
    for (const begunBefore of [false, true]) {
      const operator = scriptedOperator({ there: active('theirs'), restore: { conflict: undefined } });
      const { outcome } = await restoreInto(operator, begunBefore);
      expect(outcome).toMatchObject({ outcome: 'failed', code: 'nameTaken' });
      expect(sentence(outcome)).not.toMatch(/az keyvault key (delete|purge)/);
    }
  });

  test('reports a stranger that came by a lost answer', async () => {
    const { outcome } = await restoreInto(scriptedOperator({ there: active('a', 'x'), restore: conflict('x') }));
    expect(outcome).toMatchObject({ outcome: 'stranger', left: { name: 'signing' } });
  });

  test('is waited out for minutes while nothing can be seen under the name', async () => {
    const { outcome, waits } = await restoreInto(scriptedOperator({ restore: conflict('b') }));
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'nameHeld' });
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(240_000);
  });
});

test('a key whose versions cannot be read is restored, but unproven', async () => {
  const error = answered('Key Vault', { statusCode: 500, code: 'InternalServerError' });
  const script = {
    restore: { name: 'signing', versions: ['a', 'b'] },
    refuse: { call: 'listVersions', error },
  } as const;
  const { outcome } = await restoreInto(scriptedOperator(script));
  expect(outcome).toMatchObject({ outcome: 'restored', verdict: 'unproven' });
});
