import { ContainerClient } from '@azure/storage-blob';
import { beforeEach, describe, expect, test } from 'vitest';
import { readBlobNames } from '../support/blobs.ts';
import type { CliOptions } from '../support/cli.ts';
import { runCommand } from '../support/cli.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { runAsApp, runAudit } from '../support/nightly.ts';
import { lastNight } from '../support/now.ts';
import { useFolder } from '../support/temporary-folder.ts';

const cli = (line: string, options: CliOptions = {}) =>
  runCommand(azure, `${line} --max-per-second 1000`, { env, speed: 1000, ...options });
const left = () => [...other.keyNames(), ...other.deletedKeyNames()];

/** Of receipts. */
const folder = await useFolder();
const azure = await useTestAzure({
  sources: [
    { kind: 'vault', name: 'contoso-prod', keys: [{ name: 'signing', versions: 2 }, 'ledger'] },
    { kind: 'vault', name: 'contoso-other' },
  ],
});

const env = escrowSettings(azure, [{ vaultName: 'contoso-prod' }]);
const prod = azure.vault('contoso-prod');
const other = azure.vault('contoso-other');
await runAsApp(azure, env, lastNight(1));
await runAsApp(azure, env);
await runAudit(azure, env);

beforeEach(() => {
  azure.keyVault.faults.clear();
  azure.storage.faults.clear();
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

  test('that never ends fails a drill by the operation that failed, and names what is left', async () => {
    azure.keyVault.faults.add({ source: 'contoso-other', operation: 'deleteKey', effect: { kind: 'conflict' } });
    const { code, stdout, stderr } = await cli('drill --to-vault-name contoso-other --name ledger --yes');
    expect([code, other.keyNames()]).toEqual([3, ['ledger']]);
    expect(stdout).toContain('Stopped: Cannot delete key "ledger" in vault "contoso-other"');
    expect(stderr).toContain('Left behind: key "ledger" in vault "contoso-other"');
    azure.keyVault.faults.clear();
    expect((await cli('drill sweep --to-vault-name contoso-other --yes')).code).toBe(0);
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
    expect([recovered.code, recovered.stderr]).toEqual([0, expect.stringContaining('to recover key "ledger"')]);

    other.setOperationLag(3);
    const drilled = await cli('drill --to-vault-name contoso-other --name ledger --yes');
    expect(drilled.code).toBe(0);
    const restored = await cli('restore --vault-name contoso-prod --name ledger --to-vault-name contoso-other --yes');
    expect([restored.code, restored.stderr]).toEqual([0, expect.stringContaining('to restore key "ledger"')]);
  });
});

describe('an escrow whose blobs went to the archive tier', () => {
  async function archive(prefix: string): Promise<readonly string[]> {
    const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
    const administrator =
      azure.registry.find('administrator') ?? azure.registry.add('administrator', [`${blobs}/write`, `${blobs}/read`]);
    const container = new ContainerClient(azure.containerUrl, azure.credential(administrator));
    const names = await readBlobNames(azure, prefix);
    for (const name of names) await container.getBlobClient(name).setAccessTier('Archive');
    return names;
  }

  test('restores although no run report can be read, and says what is not known', async () => {
    expect(await archive('runs/')).not.toEqual([]);
    const { code, stderr } = await cli(
      `restore --vault-name contoso-prod --name "*" --to-vault-name contoso-other --yes --receipt ${folder}/named`,
    );
    expect([code, new Set(other.keyNames())]).toEqual([0, new Set(['ledger', 'signing'])]);
    expect(stderr).toMatch(/run reports of vault "contoso-prod" cannot be read/);
  });

  test('says of an archived record what can be restored now, and the line that brings it back', async () => {
    const [older = '', newest = ''] = await readBlobNames(azure, 'vaults/contoso-prod/signing/');
    await archive(newest);
    for (const line of [
      'restore --vault-name contoso-prod --name signing --to-vault-name contoso-other --what-if',
      'restore --vault-name contoso-prod --name signing --to-vault-name contoso-other --yes',
    ]) {
      const { code, stderr } = await cli(line);
      expect([code, stderr]).toEqual([1, expect.stringContaining('is in the archive tier')]);
      expect(stderr).toContain(`An older one can be restored now: --blob-name ${older}`);
      expect(stderr).toContain(`az storage blob set-tier`);
      expect(stderr).not.toContain('another attempt');
    }
    const many = await cli(
      `restore --vault-name contoso-prod --all --to-vault-name contoso-other --yes --receipt ${folder}/all`,
    );
    expect([many.code, other.keyNames(), many.stdout]).toEqual([
      3,
      ['ledger'],
      expect.stringContaining('is in the archive tier'),
    ]);
    const named = await cli(`restore --blob-name ${older} --to-vault-name contoso-other --yes`);
    expect([named.code, other.keyNames()]).toEqual([0, ['ledger', 'signing']]);
  });
});
