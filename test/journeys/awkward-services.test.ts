import { beforeEach, describe, expect, test } from 'vitest';
import { commandLine } from '../support/cli.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { runAsApp, runAudit } from '../support/nightly.ts';

const left = () => [...other.keyNames(), ...other.deletedKeyNames()];

const azure = await useTestAzure({
  sources: [
    { kind: 'vault', name: 'contoso-prod', keys: [{ name: 'signing', versions: 2 }, 'ledger'] },
    { kind: 'vault', name: 'contoso-other' },
  ],
});

const env = escrowSettings(azure, [{ vaultName: 'contoso-prod' }]);
const cli = commandLine(azure, { env, speed: 1000 }, ' --max-per-second 1000');
const prod = azure.vault('contoso-prod');
const other = azure.vault('contoso-other');
await runAsApp(azure, env);
await runAudit(azure, env);

beforeEach(() => {
  azure.keyVault.faults.clear();
  for (const source of [prod, other]) source.setOperationLag(0);
  for (const name of left()) other.purgeKey(name);
});

describe('a vault where an operation on a key goes on for a while', () => {
  test('holds a drill up, which says what it waits for, and leaves nothing', async () => {
    other.setOperationLag(2);
    const { code, stderr } = await cli('drill --to-vault-name contoso-other --name signing --yes');
    expect([code, left()]).toEqual([0, []]);
    expect(stderr).toMatch(/Waiting 1 s to delete key "signing" in vault "contoso-other": another operation on it/);
    expect(stderr).toMatch(/Waiting 1 s to purge key "signing"/);
  });

  test('holds a recovery up, and a restore right after a purge', async () => {
    prod.deleteKey('ledger');
    azure.keyVault.faults.add({
      source: 'contoso-prod',
      operation: 'recoverKey',
      times: 3,
      effect: { kind: 'conflict' },
    });
    const recovered = await cli('restore --vault-name contoso-prod --name ledger --to-vault-name contoso-prod --yes');
    expect(recovered).toEnd(0, 'to recover key "ledger"');

    other.setOperationLag(3);
    const drilled = await cli('drill --to-vault-name contoso-other --name ledger --yes');
    expect(drilled.code).toBe(0);
    const restored = await cli('restore --vault-name contoso-prod --name ledger --to-vault-name contoso-other --yes');
    expect(restored).toEnd(0, 'to restore key "ledger"');
  });
});
