import { KeyClient } from '@azure/keyvault-keys';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useEscrow } from '../support/escrow-scene.ts';
import { answer } from '../support/fault-effects.ts';
import { day, fromNow } from '../support/now.ts';
import { useFolder } from '../support/temporary-folder.ts';
import { thiefOf } from '../support/thief.ts';

// Everything here is put into the escrow by the identity that backs up, which can create blobs there and nothing else.

const ids = (vaultName: string, key: string) =>
  vault(vaultName)
    .versions(key)
    .map(({ id }) => id);
const namesIn = (vaultName: string) => [...vault(vaultName).keyNames(), ...vault(vaultName).deletedKeyNames()];

/** Adds a version to a key, as whoever may create keys does. */
async function rotate(vaultName: string, key: string): Promise<void> {
  const may = ['Microsoft.KeyVault/vaults/keys/create/action'];
  const creator = azure.registry.find('creator') ?? azure.registry.add('creator', may);
  await new KeyClient(vault(vaultName).url, azure.credential(creator)).createKey(key, 'EC');
}

/** Of receipts. */
const folder = await useFolder();
const { azure, cli, look, night, audit } = await useEscrow(
  ['contoso-prod', 'contoso-dr', 'contoso-quarantine', 'contoso-drill', 'stranger'].map((name) => ({
    kind: 'vault',
    name,
  })),
  [{ vaultName: 'contoso-prod' }],
  ' --max-per-second 1000',
);
const { vault } = azure;
const restore = (key: string) =>
  cli(`restore --vault-name contoso-prod --name ${key} --to-vault-name contoso-dr --yes`);
const { backUp, plant } = thiefOf(azure);
for (const name of ['alpha', 'bravo', 'charlie', 'delta', 'Payroll', 'ledger', 'signing', 'tokens'])
  vault('contoso-prod').addKey({ name, versions: 2 });
for (const name of ['charlie', 'delta']) vault('stranger').addKey({ name });
await night();
// Until every key has had its turn to be looked at.
for (let audits = 0; audits < 3; audits++) await audit();

beforeEach(() => {
  azure.keyVault.faults.clear();
  for (const name of ['contoso-dr', 'contoso-quarantine', 'contoso-drill'])
    for (const key of namesIn(name)) vault(name).purgeKey(key);
});

describe("another key's backup under a key's name", () => {
  beforeAll(async () => {
    await plant('bravo', { bytes: await backUp('contoso-prod', 'alpha') });
  });

  test('is named as a stranger by a restore, with the line that deletes what really came', async () => {
    const run = await restore('bravo');
    expect(run).toEnd(
      1,
      'is not that key: it is key "alpha"',
      'It is in vault "contoso-dr" now, as key "alpha"',
      'az keyvault key delete --vault-name contoso-dr --name alpha',
    );
    expect(run.stderr).not.toContain('--name bravo &&');
    expect(vault('contoso-dr').keyNames()).toEqual(['alpha']);
  });

  test('stops a restore of many at once, says what is left to do, and is no success', async () => {
    const { code, json, stderr } = await cli(
      `restore --vault-name contoso-prod --name "b*" --to-vault-name contoso-dr --yes --json --receipt ${folder}/b`,
    );
    expect([code, json()]).toMatchObject([1, { counts: { restored: 0, stranger: 1, failed: 0 } }]);
    expect(stderr).toContain('Left behind: key "alpha" in vault "contoso-dr"');
  });

  test('never advises to delete the key whose name it is taken by', async () => {
    vault('contoso-dr').addKey({ name: 'alpha' });
    const run = await restore('bravo');
    expect(run).toEnd(1, 'the service found key "alpha" in it');
    expect(run.stderr).not.toMatch(/az keyvault key (delete|purge)|delete and purge/);
  });

  test('is taken away by a drill, which stops, is not proven, and leaves the way free for the next', async () => {
    const { code, json } = await cli('drill --to-vault-name contoso-drill --name bravo --yes --json');
    expect([code, json()]).toMatchObject([1, { status: 'stopped', keys: [{ outcome: 'failed' }] }]);
    expect([namesIn('contoso-drill'), json().left]).toEqual([[], undefined]);
    expect((await cli('drill --to-vault-name contoso-drill --name charlie --yes')).code).toBe(0);
  });

  test('never comes further than the quarantine', async () => {
    const line =
      'restore --vault-name contoso-prod --name bravo --to-vault-name contoso-dr --through contoso-quarantine';
    const run = await cli(`${line} --yes`);
    expect(run).toEnd(1, 'it is key "alpha"');
    expect([namesIn('contoso-dr'), namesIn('contoso-quarantine')]).toEqual([[], []]);
    expect(run.stderr).not.toContain('az keyvault key delete');
  });
});

describe("a stranger's key under the name", () => {
  test('is recognised by its versions, whatever time its record says, by a restore and by a drill', async () => {
    const blobName = await plant('charlie', { bytes: await backUp('stranger', 'charlie') });
    expect(await restore('charlie')).toEnd(1, 'is not among its versions as they were listed', blobName);
    const drilled = await cli('drill --to-vault-name contoso-drill --name charlie --yes --json');
    expect(drilled.json()).toMatchObject({ keys: [{ outcome: 'failed' }] });
    expect(namesIn('contoso-drill')).toEqual([]);
    // Without the source the audits' memory decides alone.
    vault('contoso-prod').deleteKey('charlie');
    const gone = await cli(`restore --blob-name ${blobName} --to-vault-name contoso-quarantine --yes`);
    expect(gone).toEnd(1, 'az keyvault key delete');
  });

  test('from 1970 is no newest record at all', async () => {
    await plant('delta', { bytes: await backUp('stranger', 'delta'), backedUpAt: new Date(0) });
    const { code } = await restore('delta');
    expect([code, ids('contoso-dr', 'delta')]).toEqual([0, ids('contoso-prod', 'delta')]);
    expect((await cli('drill --to-vault-name contoso-drill --name delta --yes')).code).toBe(0);
  });

  test('is recognised in a genuine key to which a version was added elsewhere', async () => {
    const operator = new KeyClient(vault('stranger').url, azure.credential(azure.identities.operator));
    await operator.restoreKeyBackup(await backUp('contoso-prod', 'tokens'));
    await rotate('stranger', 'tokens');
    await plant('tokens', { bytes: await backUp('stranger', 'tokens') });
    expect(await restore('tokens')).toEnd(1, 'is not among its versions as they were listed');
  });
});

describe('an older state of the key', () => {
  test('is no proof once its source is gone, where a vault lists no versions with 200', async () => {
    const older = await backUp('contoso-prod', 'ledger');
    await rotate('contoso-prod', 'ledger');
    await audit();
    vault('contoso-prod').purgeKey('ledger');
    await plant('ledger', { bytes: older, backedUpAt: fromNow(5 * 60_000) });
    const { json } = await cli('drill --to-vault-name contoso-drill --name ledger --yes --json');
    expect(json<{ keys: { outcome: string }[] }>().keys[0]?.outcome).not.toBe('proven');
  });
});

describe('what is no record of the key', () => {
  test.each([
    ['with metadata of the key alone', 'notes/payroll.bin', false],
    ['that looks sound, under another name', 'named/payroll.keybackup', true],
  ])('(%s) is taken by no restore of the key', async (_what, name, isSound) => {
    const bytes = await backUp('contoso-prod', 'alpha');
    const keyid = `${vault('contoso-prod').url}/keys/Payroll`;
    await plant('Payroll', { bytes, name, ...(!isSound && { metadata: { keyid } }) });
    const { code } = await restore('Payroll');
    expect([code, ids('contoso-dr', 'Payroll')]).toEqual([0, ids('contoso-prod', 'Payroll')]);
  });

  test('in its own folder, without a digest, is reported and passed over', async () => {
    const keyid = `${vault('contoso-prod').url}/keys/Payroll`;
    const blobName = await plant('Payroll', { bytes: await backUp('contoso-prod', 'alpha'), metadata: { keyid } });
    expect(await restore('Payroll')).toEnd(0, `Passed over: "${blobName}" has no "sha256"`);
    const many = 'restore --vault-name contoso-prod --name "Payr*" --to-vault-name contoso-quarantine --yes';
    expect(await cli(`${many} --receipt ${folder}/payroll`)).toEnd(0, 'Passed over');
  });
});

test('of an escrow that was copied, newest first, the newest of three nights comes back', async () => {
  vault('contoso-prod').addKey({ name: 'moved' });
  const nights: Uint8Array[] = [];
  for (let night = 0; night < 3; night++) {
    nights.push(await backUp('contoso-prod', 'moved'));
    if (night < 2) await rotate('contoso-prod', 'moved');
  }
  for (let night = 2; night >= 0; night--)
    await plant('moved', { bytes: nights[night] ?? new Uint8Array(), backedUpAt: fromNow((night - 3) * day) });
  const { stderr } = await restore('moved');
  expect(stderr).toContain('as by a copy of the escrow');
  expect(ids('contoso-dr', 'moved')).toEqual(ids('contoso-prod', 'moved'));
  const asOf = `--at ${fromNow(-1.5 * day).toISOString()}`;
  await cli(`restore --vault-name contoso-prod --name moved ${asOf} --to-vault-name contoso-quarantine --yes`);
  expect(ids('contoso-quarantine', 'moved')).toHaveLength(2);
  // Whoever looks at it names the same record.
  const { findings, keys } = await audit();
  expect(findings.map(({ finding }) => finding)).toContain('recordsLate');
  const blobName = keys.find(({ key }) => key === 'moved')?.record?.blobName;
  const listed = await look('list --vault-name contoso-prod --name moved --json');
  expect(listed.json<{ records: { blobName: string }[] }>().records[0]?.blobName).toBe(blobName);
  expect((await look('status --name moved --json')).stdout).toContain(`"${blobName}"`);
});

describe('a restore by way of a quarantine', () => {
  const line =
    'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --through contoso-quarantine';

  test('compares, destroys there, sends the same bytes on, and compares again', async () => {
    expect(await cli(`${line} --yes`)).toEnd(0, 'Restored and compared, with 2 versions');
    expect(ids('contoso-dr', 'signing')).toEqual(ids('contoso-prod', 'signing'));
    expect(namesIn('contoso-quarantine')).toEqual([]);
  });

  test('of many leaves nothing in the quarantine either', async () => {
    const many = line.replace('signing', '"*l*a"');
    const { code } = await cli(`${many} --yes --receipt ${folder}/many`);
    expect([code, vault('contoso-dr').keyNames()]).toEqual([0, expect.arrayContaining(['alpha', 'delta'])]);
    expect(namesIn('contoso-quarantine')).toEqual([]);
  });

  test('asks where it is unknown whether it is the key, and sends nothing without a yes', async () => {
    vault('contoso-prod').addKey({ name: 'fresh' });
    const blobName = await plant('fresh', { bytes: await backUp('contoso-prod', 'fresh') });
    vault('contoso-prod').purgeKey('fresh');
    const fresh = `restore --blob-name ${blobName} --to-vault-name contoso-dr --through contoso-quarantine`;
    expect(await cli(fresh, { answers: 'y\n' })).toEnd(1, 'is unproven');
    expect([namesIn('contoso-dr'), namesIn('contoso-quarantine')]).toEqual([[], []]);
    expect(await cli(`${fresh} --yes`)).toEnd(3, 'but unproven');
    expect(vault('contoso-dr').keyNames()).toEqual(['fresh']);
  });

  test('where somebody else has the name leaves nothing behind and says nothing of deleting it', async () => {
    vault('contoso-quarantine').addKey({ name: 'signing' });
    for (const state of ['active', 'deleted']) {
      if (state === 'deleted') vault('contoso-quarantine').deleteKey('signing');
      const { code, stderr } = await cli(`${line} --yes`);
      expect([state, code, stderr]).toEqual([state, 1, expect.stringContaining('the name is taken there')]);
      expect(stderr).not.toMatch(/Left behind|az keyvault key (delete|purge)/);
    }
    expect([namesIn('contoso-dr'), namesIn('contoso-quarantine')]).toEqual([[], ['signing']]);
  });

  test('that is a source, or the target itself, is refused before anything is sent', async () => {
    for (const through of ['contoso-prod', 'contoso-dr']) {
      const refused = await cli(`${line.replace('contoso-quarantine', through)} --yes`);
      expect([refused.code, namesIn('contoso-dr')]).toEqual([1, []]);
    }
  });

  test('where a purge is refused, sends nothing on, and names what is left', async () => {
    const effect = answer(403, 'Forbidden', 'Operation "purge" is not allowed.');
    azure.keyVault.faults.add({ operation: 'purgeKey', effect });
    expect(await cli(`${line} --yes`)).toEnd(1, 'Left behind: key "signing" in vault "contoso-quarantine"');
    expect(namesIn('contoso-dr')).toEqual([]);
  });

  test('names the quarantine where the quarantine may not be looked into', async () => {
    const effect = answer(403, 'Forbidden', 'no');
    azure.keyVault.faults.add({ operation: 'getDeletedKey', source: 'contoso-quarantine', effect });
    expect(await cli(`${line} --yes`)).toEnd(1, 'key "signing" in vault "contoso-quarantine"');
    expect(namesIn('contoso-dr')).toEqual([]);
  });

  test('is advised where the target is in use', async () => {
    vault('contoso-dr').addKey({ name: 'busy' });
    const plan = 'restore --vault-name contoso-prod --what-if';
    expect((await cli(`${plan} --all --to-vault-name contoso-dr`)).stderr).toContain('--through');
    const other = await cli(`${plan} --name "al*" --to-vault-name contoso-quarantine`);
    expect(other.stderr).not.toContain('--through');
  });
});
