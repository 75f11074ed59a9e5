import { beforeEach, describe, expect, test } from 'vitest';
import { describeFailure, failureSentence } from '../../../src/escrow/model/failure.ts';
import { OutOfTime } from '../../../src/escrow/model/service-error.ts';
import type { ConflictWait } from '../../../src/escrow/ports/conflict-wait.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { openVault } from '../../support/source-client.ts';

const keys = 'Microsoft.KeyVault/vaults/keys';
const everything = [
  ...['read', 'delete'].map((action) => `${keys}/${action}`),
  ...['backup', 'restore', 'recover', 'purge'].map((action) => `${keys}/${action}/action`),
];

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod' }] });
const vault = azure.vault('contoso-prod');
const credential = azure.credential(azure.registry.add('everybody', everything));
const waits: ConflictWait[] = [];
const operator = await openVault(vault, credential, 1000, (wait) => waits.push(wait));

beforeEach(() => {
  azure.keyVault.faults.clear();
  for (const name of [...vault.keyNames(), ...vault.deletedKeyNames()]) vault.purgeKey(name);
  vault.addKey({ name: 'signing', versions: 2 });
  waits.length = 0;
});

const operations = [
  ['backUp', 'backupKey', () => operator.keys.backUpKey('signing', noLimit)],
  ['delete', 'deleteKey', () => operator.deleteKey('signing', noLimit)],
  ['recover', 'recoverKey', () => deleted().then(() => operator.recoverKey('signing', noLimit))],
  ['purge', 'purgeKey', () => deleted().then(() => operator.purgeKey('signing', noLimit))],
] as const;
const deleted = async (): Promise<void> => vault.deleteKey('signing');

describe('a 409 while another operation on the key goes on', () => {
  test.each(operations)('is waited out by %s, which says what it waits for', async (operation, called, call) => {
    azure.keyVault.faults.add({ operation: called, times: 6, effect: { kind: 'conflict' } });
    await call();
    expect(waits).toHaveLength(6);
    expect(waits[5]).toMatchObject({
      operation,
      keyName: 'signing',
      source: { kind: 'vault', name: 'contoso-prod' },
      ms: 30_000,
      refusal: { statusCode: 409 },
    });
  });

  test.each(operations)(
    'that does not pass fails %s by its own name after about five minutes',
    async (operation, called, call) => {
      azure.keyVault.faults.add({ operation: called, effect: { kind: 'conflict' } });
      const error = await call().catch((thrown: unknown) => thrown);
      const waited = waits.reduce((sum, { ms }) => sum + ms, 0);
      expect([waited > 240_000, waited < 360_000]).toEqual([true, true]);
      const words = { backUp: 'back up', delete: 'delete', recover: 'recover', purge: 'purge' }[operation];
      const failure = describeFailure(error, operation, { kind: 'vault', name: 'contoso-prod' }, 'signing');
      const message = failureSentence(failure);
      expect(message).toContain(`Cannot ${words} key "signing" in vault "contoso-prod"`);
      expect(message).toMatch(/409 .*wait until it has ended/);
      expect(message).not.toContain('support');
    },
  );

  test('ends with the time that there is', async () => {
    azure.keyVault.faults.add({ operation: 'deleteKey', effect: { kind: 'conflict' } });
    const time = new AbortController();
    const call = operator.deleteKey('signing', time.signal).catch((thrown: unknown) => thrown);
    await expect.poll(() => waits.length, { interval: 1 }).toBeGreaterThan(1);
    time.abort();
    expect(await call).toBeInstanceOf(OutOfTime);
    expect(vault.keyNames()).toEqual(['signing']);
  });

  test('is not waited for where the name is only held by a deleted key', async () => {
    const effect = {
      kind: 'status',
      status: 409,
      code: 'Conflict',
      innerCode: 'ObjectIsDeletedButRecoverable',
    } as const;
    azure.keyVault.faults.add({ operation: 'backupKey', effect });
    await expect(operator.keys.backUpKey('signing', noLimit)).rejects.toMatchObject({ statusCode: 409 });
    expect(waits).toEqual([]);
  });
});
