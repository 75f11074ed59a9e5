import { beforeEach, describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import type { DrillReceipt } from '../../src/escrow/records/drill-receipt.ts';
import { sha256Of } from '../../src/escrow/records/put-once.ts';
import type { CliOptions } from '../support/cli.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import { europe, useEscrow } from '../support/escrow-scene.ts';
import { answer } from '../support/fault-effects.ts';
import { fromNow } from '../support/now.ts';
import { thiefOf } from '../support/thief.ts';

/** A drill of a pipeline, which answers the question beforehand. */
const drill = (line: string, options: CliOptions = {}) =>
  cli(`drill --to-vault-name contoso-drill ${line} --yes`, options);
const sweep = (line = '') => cli(`drill sweep --to-vault-name contoso-drill ${line}`);
type PrintedReceipt = Omit<DrillReceipt, 'keys'> & {
  receipt: string;
  keys: (DrillReceipt['keys'][number] & { name: string })[];
};

const { azure, container, cli, night, audit } = await useEscrow(
  [
    {
      kind: 'vault',
      name: 'contoso-prod',
      ...europe,
      keys: [{ name: 'Signing', versions: 3, kty: 'RSA' }, { name: 'ledger', versions: 2 }, 'payroll', 'tokens'],
    },
    { kind: 'vault', name: 'contoso-drill', ...europe },
    {
      kind: 'managedHsm',
      name: 'contoso-hsm',
      securityDomain: 'one',
      keys: [{ name: 'data-at-rest', kty: 'oct-HSM', versions: 2 }],
    },
    { kind: 'managedHsm', name: 'drill-hsm', securityDomain: 'one' },
  ],
  [
    { vaultName: 'contoso-prod', ...europe },
    { hsmName: 'contoso-hsm', securityDomain: 'one' },
  ],
  ' --max-per-second 1000',
);
const prod = azure.vault('contoso-prod');
const drillVault = azure.vault('contoso-drill');
const thief = thiefOf(azure);
await night();
await audit();

beforeEach(() => {
  azure.keyVault.faults.clear();
  for (const name of [...drillVault.keyNames(), ...drillVault.deletedKeyNames()]) drillVault.purgeKey(name);
});

describe('a restore drill', () => {
  test('proves the keys that were never proven first, and leaves nothing behind but its receipt', async () => {
    const first = await drill('--sample 2 --json');
    expect(first.code).toBe(0);
    const receipt = first.json<PrintedReceipt>();
    expect(receipt).toMatchObject({ status: 'ok', target: { vaultName: 'contoso-drill' } });
    expect(receipt.keys.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['ledger', 'proven'],
      ['payroll', 'proven'],
    ]);
    const ids = prod.versions('ledger').map(({ id }) => id);
    expect(new Set(receipt.keys[0]?.versions.map(({ version }) => version))).toEqual(new Set(ids));
    expect(receipt.keys.flatMap(({ versions }) => versions.map(({ proof }) => proof))).toEqual(
      Array(3).fill('publicKey'),
    );
    expect([drillVault.keyNames(), drillVault.deletedKeyNames()]).toEqual([[], []]);
    expect(await container.readJson(receipt.receipt)).toMatchObject({
      format: 'keyvault-escrow/drill/1',
      status: 'ok',
    });
    expect(await container.names('drills/')).toContain(receipt.receipt.replace('.json', '.journal.json'));

    const next = (await drill('--sample 2 --json')).json<PrintedReceipt>();
    expect(next.keys.map(({ name }) => name)).toEqual(['Signing', 'tokens']);
  });

  test('proves a key whose source is gone by the witness of the last audit', async () => {
    prod.purgeKey('tokens');
    const { code, json } = await drill('--name tokens --json');
    const key = { outcome: 'proven', versions: [{ proof: 'witness' }] };
    expect([code, json()]).toMatchObject([0, { keys: [key] }]);
  });

  test('proves a symmetric key by its version ids, and says so', async () => {
    const { code, json, stdout } = await cli('drill --to-hsm-name drill-hsm --yes --json');
    expect(code).toBe(0);
    expect(json<PrintedReceipt>().keys[0]?.versions.map(({ proof, thumbprint }) => [proof, thumbprint])).toEqual([
      ['versionId', undefined],
      ['versionId', undefined],
    ]);
    expect(stdout).not.toContain('"thumbprint"');
    expect((await cli('drill --to-hsm-name drill-hsm --yes')).stdout).toContain('2 versions, 2 by their ids alone');
  });

  test.each([
    ['a configured source', 'contoso-prod', () => undefined, 'is a configured source'],
    [
      'a vault with a deleted key of somebody else',
      'contoso-drill',
      () => {
        drillVault.addKey({ name: 'theirs' });
        drillVault.deleteKey('theirs');
      },
      'is not empty',
    ],
  ])('refuses %s, and touches nothing', async (_what, name, arrange, said) => {
    arrange();
    const before = azure.keyVault.requests.length;
    expect(await cli(`drill --to-vault-name ${name}`)).toEnd(1, said);
    const done = new Set(azure.keyVault.requests.slice(before).map(({ operation }) => operation));
    for (const change of ['restoreKey', 'deleteKey', 'purgeKey'] as const) expect(done).not.toContain(change);
  });

  test('asks first, and does nothing without a yes', async () => {
    const line = 'drill --to-vault-name contoso-drill --name ledger';
    expect(await cli(line, { answers: 'n\n' })).toEnd(1, 'Nothing was done');
    expect([drillVault.keyNames(), drillVault.deletedKeyNames()]).toEqual([[], []]);
    expect((await cli(line, { answers: 'y\n' })).code).toBe(0);
  });

  test('stops after the first key where purge is impossible', async () => {
    const message = 'Operation "purge" is not allowed because purge protection is enabled for this vault.';
    azure.keyVault.faults.add({ operation: 'purgeKey', effect: answer(403, 'Forbidden', message) });
    const { code, json } = await drill('--sample 3 --json');
    const receipt = json<PrintedReceipt>();
    expect([code, receipt.status, receipt.keys.length]).toEqual([3, 'stopped', 1]);
    expect(receipt.message).toMatch(/^Cannot purge key /);
    expect(receipt.left).toEqual(drillVault.deletedKeyNames());
    azure.keyVault.faults.clear();
    expect((await sweep('--yes')).code).toBe(0);
    expect((await drill('--sample 1')).code).toBe(0);
  });

  test('waits for a deletion that the service shows late', async () => {
    drillVault.setDeletionLag(1);
    const { code } = await drill('--name ledger');
    drillVault.setDeletionLag(0);
    expect([code, drillVault.keyNames(), drillVault.deletedKeyNames()]).toEqual([0, [], []]);
  });

  test('sends a key that fails to the back of the queue, and names it until it is proven', async () => {
    const effect = answer(400, 'BadParameter', 'Backup is malformed.');
    azure.keyVault.faults.add({ operation: 'restoreKey', times: 1, effect });
    const line = '--sample 1 --json';
    const failed = await drill(line);
    const name = failed.json<PrintedReceipt>().keys[0]?.name.toLowerCase() ?? '';
    expect([failed.code, failed.json<PrintedReceipt>().keys[0]?.outcome]).toEqual([3, 'failed']);
    const next = await drill(line);
    expect(next.json()).toMatchObject({
      status: 'ok',
      failedEarlier: [{ vaultName: 'contoso-prod', name, failedAt: expect.stringMatching(/^20/) }],
    });
    expect(next).toEnd(3, `key "${name}" of vault "contoso-prod", failed`);
    expect((await drill(`--name ${name}`)).code).toBe(0);
    expect((await drill(line)).json()).toMatchObject({ status: 'ok', failedEarlier: [] });
  });

  test('and a restore go by the place of the settings, whatever a planted record says of it', async () => {
    const bytes = await thief.backUp('contoso-prod', 'payroll');
    const runId = scheduledRunId(fromNow(-60_000));
    await thief.put(`vaults/contoso-prod/payroll/${runId}.keybackup`, bytes, {
      keyid: `${prod.url}/keys/payroll`,
      ...{ runid: runId, backedupat: fromNow(0).toISOString(), sha256: sha256Of(bytes), geography: 'mars' },
    });
    const place = `--to-subscription-id ${europe.subscriptionId} --to-geography europe`;
    expect((await drill(`--name payroll ${place}`)).code).toBe(0);
    const line = `restore --vault-name contoso-prod --name payroll --to-vault-name contoso-drill ${place} --yes`;
    expect(await cli(line)).toEnd(0, 'says another place than the settings (geography mars)');
    drillVault.purgeKey('payroll');
    expect(await cli(line.replace('payroll', 'payr*').replace('--yes', '--what-if'))).toEnd(0, 'geography mars');
  });

  test('and a restore of many need no line for each key of a source that has moved', async () => {
    const moved = escrowSettings(azure, [{ vaultName: 'contoso-prod', ...europe, geography: 'asia' }]);
    const line = 'restore --vault-name contoso-prod --name "*" --to-vault-name contoso-drill --what-if';
    const { stderr } = await cli(line, { env: moved });
    expect(stderr.match(/says another place than the settings/g)).toHaveLength(3);
    expect(stderr).toContain('1 more record says another place.');
  });

  test('is kept from no vault by a record that somebody put there of it', async () => {
    await thief.put(`vaults/contoso-drill/x/${scheduledRunId(fromNow(0))}.keybackup`, 'x');
    expect(await drill('--name ledger')).toEnd(0, 'no audit ever knew it as a source');
    expect((await sweep('--yes')).code).toBe(0);
  });

  test('says which key that was named cannot be proven there, and is no success', async () => {
    const place = `--to-subscription-id ${europe.subscriptionId} --to-geography asia`;
    expect(await drill(`--name payroll ${place}`)).toEnd(1, 'key "payroll" is left out');
    await thief.put(`vaults/contoso-prod/hollow/${scheduledRunId(fromNow(0))}.keybackup`, '');
    const some = await drill('--name payroll hollow --json');
    expect([some.code, some.json()]).toMatchObject([3, { status: 'ok', leftOut: [{ name: 'hollow' }] }]);
    expect(some.stderr).toContain('Left out: key "hollow" of vault "contoso-prod".');
  });

  test('says which records it would prove, and changes nothing', async () => {
    const before = await container.names('drills/');
    const { code, json } = await drill('--sample 1 --what-if --json');
    expect([code, json<{ keys: object[] }>().keys.length]).toEqual([0, 1]);
    expect(await container.names('drills/')).toEqual(before);
  });
});
