import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { requesterDataActions } from '../../local-azure/identity/deployed-roles.ts';
import { startEscrowHost } from '../support/escrow-host.ts';
import { europe, useEscrow } from '../support/escrow-scene.ts';
import { answer, forbidden } from '../support/fault-effects.ts';
import { useFolder } from '../support/temporary-folder.ts';
import { describeBuiltProgram } from './command-line/built-program.ts';

const sources = [
  { vaultName: 'contoso-prod', ...europe },
  { hsmName: 'contoso-hsm', securityDomain: 'one' },
];
interface Diagnosis {
  readonly counts: { readonly ok: number; readonly notChecked: number; readonly failed: number };
  readonly lastRun: string | null;
  readonly lastAudit: string | null;
  readonly checks: readonly { readonly check: string; readonly status: string; readonly subject: string }[];
}

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

const folder = await useFolder();
const { azure, container, env, cli, night, audit } = await useEscrow(
  [
    {
      kind: 'vault',
      name: 'contoso-prod',
      ...europe,
      keys: [
        { name: 'signing', versions: 3 },
        { name: 'Payroll', enabled: false },
        { name: 'www-cert', managed: true },
      ],
    },
    { kind: 'vault', name: 'contoso-drill', ...europe },
    { kind: 'managedHsm', name: 'contoso-hsm', securityDomain: 'one', keys: ['payments'] },
    { kind: 'managedHsm', name: 'spare-hsm', securityDomain: 'one' },
  ],
  sources,
);
const prod = azure.vault('contoso-prod');
const host = await startEscrowHost(azure, { sources });
await night();
await audit();

afterAll(() => host.stop());

describe('the worst day, on the command line', () => {
  test('a key is lost, shown as gone, brought back, and everything is right again', async () => {
    const before = await cli('status --json');
    expect([before.code, before.json()]).toEqual([0, expect.objectContaining({ status: 'ok' })]);

    const versions = prod.versions('signing');
    prod.purgeKey('signing');
    const gone = await cli('status --json');
    expect(gone.code).toBe(3);
    const [vault] = gone.json<{ sources: { keys: { name: string; status: string }[] }[] }>().sources;
    expect(vault?.keys.find(({ name }) => name === 'signing')).toMatchObject({ status: 'gone' });
    expect((await cli('status --problems')).stdout).toMatch(/signing +gone .*newest record/);

    const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-prod --yes';
    expect((await cli(line)).code).toBe(0);
    expect(prod.versions('signing')).toEqual(versions);
    expect((await cli('status')).code).toBe(0);
    expect((await cli('verify --all')).code).toBe(0);
    expect((await cli('drill --yes --to-vault-name contoso-drill --max-per-second 1000')).code).toBe(0);
  });

  test('status shows stale keys, certificate-backed keys and a source that cannot be read', async () => {
    const stale = await cli('status --max-age 0s --json');
    const { sources: shown } = stale.json<{ sources: { counts: object }[] }>();
    expect([stale.code, shown[0]?.counts]).toEqual([3, { stale: 2, certificateBacked: 1 }]);
    const clear = azure.keyVault.faults.add({
      source: 'contoso-hsm',
      operation: 'listKeys',
      effect: forbidden('AccessDenied'),
    });
    const closed = await cli('status');
    clear();
    expect(closed).toPrint(3, '1 source cannot be read');
  });

  test('follows the chain of evidence', async () => {
    expect((await cli('verify --chain --json')).json()).toMatchObject({ status: 'ok', counts: { audits: 1 } });
    expect((await cli('verify --chain --all')).code).toBe(2);
  });
});

describe('enqueue', () => {
  test('follows a request for one key to its record, under the name that it printed before', async () => {
    const { code, json } = await cli('enqueue --vault-name contoso-prod --name signing --wait --json');
    const { blobName, outcome } = json<{ blobName: string; outcome: object }>();
    expect([code, outcome]).toEqual([0, { status: 'done', message: expect.stringContaining(blobName) }]);
    expect(await container.names('vaults/contoso-prod/signing/')).toContain(blobName);
  });

  test('puts the record under the chosen name, and lists it with its key', async () => {
    const line =
      'enqueue --id https://contoso-prod.vault.azure.net/keys/Payroll --blob-name moves/payroll.keybackup --wait';
    const { code, stdout } = await cli(line);
    expect([code, stdout.trim()]).toEqual([0, 'named/moves/payroll.keybackup']);
    const listed = await cli('list --vault-name contoso-prod --name payroll --json');
    const names = listed.json<{ records: { blobName: string }[] }>().records.map(({ blobName }) => blobName);
    expect(names).toContain('named/moves/payroll.keybackup');
    expect(await cli(line)).toEnd(1, 'already there');
  });

  test('follows a request for everything to its reports', async () => {
    const { code, json } = await cli('enqueue --all --wait --json');
    const printed = json<{ prefix: string; outcome: { message: string } }>();
    expect([code, printed.outcome.message]).toEqual([0, `Escrowed 3 keys of 2 sources: ${printed.prefix}`]);
    expect(await container.names(printed.prefix)).toContain(`${printed.prefix}vaults/contoso-prod.json`);
  });

  test('does not wait for a record that will never come', async () => {
    const before = azure.storage.requests.length;
    const { code, stdout, stderr } = await cli('enqueue --vault-name contoso-prod --name www-cert');
    const refusal = expect.stringMatching(/back up the certificate.* Nothing was sent/);
    expect([code, stdout, stderr]).toEqual([1, '', refusal]);
    expect(azure.storage.requests.slice(before).map(({ operation }) => operation)).not.toContain('putMessage');
    // Where the person may not look, the app answers.
    const identity = azure.registry.add('blind-requester', [...requesterDataActions, `${blobs}/read`]);
    const unknown = await cli('enqueue --vault-name contoso-prod --name nothing --wait', { identity });
    expect(unknown).toEnd(1, 'Cannot read key "nothing"');
    expect(unknown.stderr).toMatch(/^Not checked whether key "nothing" is in vault "contoso-prod".*access denied/);
  });

  test('does not advise to send a request again whose wait was interrupted', async () => {
    const line = 'enqueue --vault-name contoso-prod --name signing --blob-name later/signing.keybackup --wait';
    const { code, stderr } = await cli(line, { interruptAt: 'Enqueued message' });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/the request goes on .*Do not send it again/)]);
    expect(stderr).not.toContain('Run the same command again');
  });

  test('says after its time that the request is still under way', async () => {
    const { code, json } = await cli('enqueue --hsm-name contoso-hsm --name payments --wait --timeout 0s --json');
    expect([code, json()]).toMatchObject([1, { outcome: { status: 'pending' } }]);
  });

  test.each([
    ['enqueue --vault-name contoso-other --name signing', 'not configured'],
    ['enqueue --vault-name contoso-prod --name "no good"', 'not a valid key name'],
    ['enqueue', 'Pass --vault-name or --hsm-name'],
    ['enqueue --vault-name contoso-prod --blob-name x', '--blob-name is for one key'],
    ['enqueue --vault-name contoso-prdo --name signing', 'Did you mean "contoso-prod"?'],
    ['enqueue --vault-name contoso-prod --id https://contoso-prod.vault.azure.net/keys/signing', 'cannot be used with'],
    ['enqueue --all --blob-name x', "'--all' cannot be used with option '--blob-name"],
    ['enqueue --all --what-if --wait', "'--what-if' cannot be used with option '--wait'"],
    ['enqueue --vault-name contoso-prod --name signing --blob-name ../vaults/x', 'cannot be used'],
    ['enqueue --vault-name contoso-prod --name sinning', 'Did you mean "signing"?'],
    [
      'enqueue --vault-name contoso-prod --name sinning --force --wait --json',
      'no key "sinning" in vault "contoso-prod"',
    ],
    ['enqueue --hsm-name contoso-hsm --name payment --what-if', 'Did you mean "payments"?'],
    ['enqueue --id https://contoso-prod.vault.azure.net/keys/paryoll', 'Did you mean "Payroll"?'],
  ])('refuses %s before anything is sent', async (line, said) => {
    const before = azure.storage.requests.length;
    expect(await cli(line)).toEnd(2, said);
    const mine = azure.storage.requests.slice(before).filter(({ identity }) => identity === 'operator');
    expect(mine.map(({ operation }) => operation)).not.toContain('putMessage');
  });
});

describe('a key that cannot be looked for', () => {
  test.each([
    ['the firewall keeps the desk out', forbidden('ForbiddenByFirewall'), 'firewall refused this address'],
    ['the source is out of order', answer(503, 'ServerBusy', 'Busy.'), '503 ServerBusy'],
  ] as const)('is requested all the same, with a message: %s', async (_why, effect, said) => {
    const clear = azure.keyVault.faults.add({ source: 'contoso-prod', operation: 'getKey', effect });
    const { code, stderr } = await cli('enqueue --vault-name contoso-prod --name signing --what-if');
    clear();
    expect([code, stderr]).toEqual([0, expect.stringMatching(new RegExp(`^Not checked whether .*${said}`))]);
    expect(stderr).toContain('Enqueued message');
  });
});

describe('doctor', () => {
  test('finds nothing wrong as the operator, counts what it did not check, and says how to', async () => {
    const { json } = await cli('doctor --json', { env: { ...env, HTTPS_PROXY: 'https://proxy' } });
    const { checks, counts, lastRun, lastAudit } = json<Diagnosis>();
    const of = (check: string) => checks.filter((one) => one.check === check).map(({ status }) => status);
    expect(of('list')).toEqual(['ok', 'ok']);
    expect(of('backup')).toEqual(['notChecked', 'notChecked']);
    expect(checks.find(({ check }) => check === 'backup')).toMatchObject({
      vaultName: 'contoso-prod',
      message: 'your role cannot back up (normal for an operator)',
    });
    expect([...of('read'), ...of('overwrite'), ...of('delete')]).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect([...of('retention'), ...of('queue')]).toEqual(['ok', 'ok']);
    // Requests of the tests above were refused.
    expect(of('poison queue')).toEqual(['failed']);
    expect([counts.failed, counts.ok + counts.notChecked + counts.failed]).toEqual([1, checks.length]);
    for (const time of [lastRun, lastAudit]) expect(Date.parse(time ?? '')).toBeGreaterThan(0);
  });

  test.each([60, 100, 200])(
    'prints three columns by source, and each explanation once, on %i columns',
    async (columns) => {
      const { stdout } = await cli('doctor', { isTTY: true, columns });
      const text = stripVTControlCharacters(stdout);
      const lines = text.split('\n');
      expect(lines).toContain('vault "contoso-prod"');
      expect(text).toMatch(/^ {2}ok {11}list {10}its keys can be listed$/m);
      // Only a word, or a line to be pasted, may be longer.
      expect(lines.filter((line) => line.length > columns && / \S+ /.test(line.trim()))).toEqual([]);
      expect(text.replace(/\s+/g, ' ').match(/A fresh record of a key proves/g)).toHaveLength(1);
      expect(text).toMatch(/\n {4}keyvault-escrow status\n/);
      expect(text.replace(/\s+/g, ' ')).toMatch(
        /\d+ ok, \d+ not checked, \d+ failed; last run .* ago\), last audit .* ago\), .* drill.*\. $/,
      );
    },
  );

  test('makes one real backup per source as the app, and throws it away', async () => {
    const before = azure.storage.requests.length;
    const { json } = await cli('doctor --json', { identity: azure.identities.app });
    const backups = json<Diagnosis>().checks.filter(({ check }) => check === 'backup');
    expect(backups.map(({ status }) => status)).toEqual(['ok', 'ok']);
    // A request of the tests above may end meanwhile; its record has the run id of a queue message.
    const onDemand = /-[0-9a-f]{8}\.keybackup$/;
    expect(
      azure.storage.requests
        .slice(before)
        .filter(({ operation, status }) => operation === 'putBlob' && status === 201)
        .filter(({ blobName }) => !onDemand.test(blobName ?? '')),
    ).toEqual([]);
  });

  test('names what is wrong and the fix: closed, unreachable, overwritable', async () => {
    const { faults } = azure.keyVault;
    const clear = faults.add({ source: 'contoso-prod', effect: forbidden('ForbiddenByFirewall') });
    azure.proxy.dropConnections();
    azure.proxy.setFault('contoso-hsm.managedhsm.azure.net', { kind: 'refuse' });
    const owner = ['read', 'write', 'delete'].map((action) => `${blobs}/${action}`);
    const { code, stdout } = await cli('doctor', { identity: azure.registry.add('owner', owner) });
    clear();
    azure.proxy.setFault('contoso-hsm.managedhsm.azure.net', undefined);
    expect(code).toBe(3);
    expect(stdout).toMatch(/vault "contoso-prod"\n.*\n +failed +reach .*firewall/);
    expect(stdout).toMatch(/Managed HSM "contoso-hsm"\n.*\n +failed +reach /);
    expect(stdout).toMatch(/failed +overwrite +you could overwrite a blob/);
    expect(stdout).toMatch(/failed +queue .*403/);
    expect(stdout).toContain('Take Storage Blob Data Contributor or Owner away');
  });

  test('says which settings to correct where a vault asks for a token of another cloud', async () => {
    const effect = { kind: 'foreignChallenge', resource: 'https://vault.azure.cn' } as const;
    const clear = azure.keyVault.faults.add({ source: 'contoso-prod', requests: 'all', effect });
    const { stdout } = await cli('doctor');
    clear();
    expect(stdout).toMatch(
      /vault "contoso-prod"\n.*\n +ok +reach .*\n +failed +token .*another domain.*\n +not checked +list +see token\n/,
    );
    expect(stdout).toMatch(/token of vault "contoso-prod": .* correct AZURE_CLOUD/);
  });
});

describeBuiltProgram({ azure, env, folder });
