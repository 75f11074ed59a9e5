import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { escrowSettings } from '../../support/escrow-place.ts';
import { useEscrow } from '../../support/escrow-scene.ts';
import { answer } from '../../support/fault-effects.ts';
import { hour, lastNight } from '../../support/now.ts';
import { useFolder } from '../../support/temporary-folder.ts';

const sources = [
  { vaultName: 'contoso-prod', keys: ['*', 'signing'], except: ['tmp-*'], retired: ['old-*'] },
  { hsmName: 'contoso-hsm' },
];
const firstRun = lastNight();
const secondRun = new Date(firstRun.getTime() + hour);

const folder = await useFolder();
const { azure, container, env, cli, night } = await useEscrow(
  [
    {
      kind: 'vault',
      name: 'contoso-prod',
      keys: [{ name: 'signing', versions: 3 }, 'Payroll', 'tmp-1', 'old-1', { name: 'www-cert', managed: true }],
    },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: [{ name: 'payments', versions: 2 }] },
  ],
  sources,
);
await night(firstRun);
await night(secondRun);

describe('plan', () => {
  test('says of every key what a run would do, and backs up and writes nothing', async () => {
    const before = azure.keyVault.requests.length;
    const written = azure.storage.requests.length;
    const { code, json } = await cli('plan --json');
    expect(code).toBe(0);
    const { sources: planned } = json<{ sources: { vaultName?: string; counts: object; keys: object[] }[] }>();
    expect(planned.map(({ counts }) => counts)).toMatchObject([
      { considered: 5, wouldEscrow: 2, skipped: 3, failed: 0 },
      { considered: 1, wouldEscrow: 1 },
    ]);
    expect(planned[0]?.keys).toContainEqual(expect.objectContaining({ name: 'www-cert', reason: 'certificateBacked' }));
    const operations = azure.keyVault.requests.slice(before).map(({ operation }) => operation);
    expect(new Set(operations)).toEqual(new Set(['listKeys']));
    expect(azure.storage.requests.slice(written)).toEqual([]);
  });

  test.each(['plan', 'status'])('%s says once what it means that keys are certificate-backed', async (command) => {
    const { stdout } = await cli(command);
    expect(stdout).toMatch(/www-cert +(skip +)?certificate-backed$/m);
    expect(stdout.match(/back up the certificate/g)).toHaveLength(1);
  });

  test('shows one source as text, its name in any case, and exits 3 when a configured key is missing', async () => {
    const missing = escrowSettings(azure, [{ vaultName: 'contoso-prod', keys: ['Payroll', 'ledger'] }]);
    const run = await cli('plan --vault-name CONTOSO-PROD', { env: missing });
    expect(run).toPrint(3, /ledger +missing +Cannot back up key "ledger"/, /Payroll +escrow/);
  });

  test('says what may have been meant by a source that is not configured', async () => {
    expect(await cli('plan --hsm-name contosso-hsm')).toEnd(2, 'Did you mean "contoso-hsm"?');
  });
});

describe('status', () => {
  test('takes no backup for fresh by a clock that is behind the storage', async () => {
    const run = await cli('status', { hoursLater: -30 });
    expect(run).toEnd(3, 'clock here is behind that of the storage');
    expect(run.stdout).toContain('no age is right');
    expect((await cli('status --json', { hoursLater: -30 })).json()).toMatchObject({ status: 'findings' });
  });

  test('does not take silence for good news: a mistyped name, a source of which nothing is escrowed', async () => {
    expect(await cli('status --name sinning')).toEnd(2, 'Did you mean "signing"?');
    const none = escrowSettings(azure, [{ vaultName: 'contoso-prod', keys: ['prod-*'], retired: ['old-*'] }]);
    const run = await cli('status', { env: none });
    expect(run).toPrint(3, 'no key matches the selection (5 keys listed)', 'nothing is escrowed of 1 source');
    expect((await cli('status --json', { env: none })).json()).toMatchObject({
      status: 'findings',
      sources: [{ problems: [{ code: 'selectionMatchesNothing' }] }],
    });
  });
});

describe('list', () => {
  test('lists the records newest first per key', async () => {
    const { code, json } = await cli('list --vault-name contoso-prod --json');
    expect(code).toBe(0);
    const { records, counts } = json<{ records: { name: string; runId: string }[]; counts: object }>();
    expect(records.map(({ name, runId }) => [name, runId])).toEqual([
      ['Payroll', scheduledRunId(secondRun)],
      ['Payroll', scheduledRunId(firstRun)],
      ['signing', scheduledRunId(secondRun)],
      ['signing', scheduledRunId(firstRun)],
    ]);
    expect(counts).toMatchObject({ records: 4, keys: 2 });
  });

  test('narrows by wildcard and by time, and completes the beginning of a name', async () => {
    expect((await cli('list --name "PAY*" --json')).json<{ counts: object }>().counts).toMatchObject({ keys: 2 });
    expect((await cli('list --since 0s --json')).json()).toMatchObject({ records: [], counts: { records: 0 } });
    const completed = await cli('list --vault-name contoso-p --name sig');
    expect(completed.stderr).toContain('Taking "contoso-p" for vault "contoso-prod"');
    expect(completed.stdout).toContain(`vaults/contoso-prod/signing/${scheduledRunId(secondRun)}.keybackup`);
  });

  test('lists only the newest of each key when asked to', async () => {
    const { json } = await cli('list --latest --json');
    const { records, counts } = json<{ records: { name: string; runId: string }[]; counts: object }>();
    const newest = Map.groupBy(
      (await cli('list --json')).json<{ records: typeof records }>().records,
      ({ name }) => name,
    );
    expect(records).toEqual([...newest.values()].map(([first]) => first));
    expect(counts).toMatchObject({ records: 3, keys: 3 });
  });

  test.each([
    'list --vault-name contoso-prod --name sinning',
    'list --name sinning',
    'list --name signing --name sinning --json',
    'verify --name sinning',
  ])('refuses a key that has no record, and says which was perhaps meant: %s', async (line) => {
    expect(await cli(line)).toEnd(2, 'Did you mean "signing"?');
  });

  test('completes a name over all sources, and takes a pattern that matches nothing for an answer', async () => {
    const { code, stderr, json } = await cli('list --name paym --json');
    expect([code, stderr]).toEqual([0, 'Taking "paym" for "payments".\n']);
    expect(json<{ counts: object }>().counts).toMatchObject({ keys: 1 });
    expect((await cli('list --name "nosuch*"')).code).toBe(0);
  });

  test('knows a key that has a record under a chosen name alone', async () => {
    const [record] = await container.list(`vaults/contoso-prod/signing/${scheduledRunId(firstRun)}`);
    const keyid = 'https://contoso-prod.vault.azure.net/keys/Aside';
    const bytes = await container.read(record?.name ?? '');
    await container.put('named/moves/aside.keybackup', bytes, { ...record?.metadata, keyid });
    for (const line of ['list --name aside --json', 'list --vault-name contoso-prod --name aside --json']) {
      const { code, json } = await cli(line);
      expect([code, json<{ records: { blobName: string }[] }>().records.map(({ blobName }) => blobName)]).toEqual([
        0,
        ['named/moves/aside.keybackup'],
      ]);
    }
  });
});

describe('copy', () => {
  test('stops at the first record that it may not read, and says so', async () => {
    const effect = answer(403, 'AuthorizationPermissionMismatch');
    using _undo = { [Symbol.dispose]: azure.storage.faults.add({ operation: 'getBlob', effect }) };
    expect(await cli(`copy --to ${join(folder, 'stick')}`)).toEnd(1, 'Error: Blob Storage: access denied (403');
  });
});

describe('the command line', () => {
  test.each([
    ['lst', 'Did you mean list?'],
    ['list --vault-nmae x', 'Did you mean --vault-name?'],
    ['list --vault-name', "option '--vault-name <VAULT>' argument missing"],
    // Another option is no value.
    ['list --name --vault-name contoso-prod', "option '--name <KEY...>' argument missing"],
    // The beginning of two names is neither.
    ['list --name pay', 'Did you mean "payments" or "payroll"?'],
    ['list --json=yes', "unknown option '--json=yes'"],
    ['list signing', 'too many arguments'],
    ['drill swep', "unknown command 'drill swep' (Did you mean drill sweep?)"],
    ['drill elsewhere', "unknown command 'drill elsewhere'. Help:"],
    ['list --since yesterday', '"yesterday" is not a valid time'],
    ['list --since 999999999d', 'more than 100 years'],
    [
      'restore --vault-name contoso-prod --name signing --at 999999999999d --to-vault-name other',
      'more than 100 years',
    ],
    ['restore --vault-name contoso-prod --name sinning --to-vault-name other', 'Did you mean "signing"?'],
    ['download --vault-name contoso-prdo --name signing', 'Did you mean "contoso-prod"?'],
    ['list --vault-name prod --hsm-name spare', 'cannot be used with option'],
    ['list --since 1d --since 2d', "option '--since <TIME>' is given twice"],
    ['list --vault-name https://contoso.vault.azure.net', 'Give the name alone'],
    ['list --constructor', "unknown option '--constructor'"],
  ])('answers %s with exit code 2 and the remedy', async (line, said) => {
    const run = await cli(line);
    expect(run).toEnd(2, said);
    expect(run.stderr).not.toMatch(/\n\s+at /);
    expect(run.stdout).toBe('');
  });

  test('helps: with everything, and with every command and its examples', async () => {
    const all = await cli('help');
    expect(all.code).toBe(0);
    const [, listed = ''] = all.stdout.split('Commands:');
    const names = [...listed.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name ?? '');
    expect(names).toContain('plan');
    for (const name of names.filter((one) => one !== 'help')) {
      expect(await cli(`${name} --help`)).toPrint(0, /Examples:\n {2}.*keyvault-escrow /);
    }
  });

  test('lists every fault of the settings, with exit code 2', async () => {
    const run = await cli('list', { env: { ESCROW_SOURCES: 'no', ESCROW_CONTAINER_URL: 'http://x/y' } });
    expect(run).toEnd(2, 'ESCROW_SOURCES is not valid JSON', 'ESCROW_CONTAINER_URL is not https');
  });

  test('needs only the settings that a command uses', async () => {
    const { ESCROW_CONTAINER_URL = '' } = env;
    expect((await cli('list --json', { env: { ESCROW_CONTAINER_URL } })).code).toBe(0);
    expect(await cli('list', { env: {} })).toEnd(2, 'ESCROW_CONTAINER_URL is missing');
  });

  test('reads the settings from a file when one is named', async () => {
    const file = join(folder, 'local.settings.json');
    await writeFile(file, JSON.stringify({ IsEncrypted: false, Values: env }));
    expect((await cli(`list --settings ${file} --json`, { env: {} })).code).toBe(0);
    expect((await cli(`list --settings ${file}.no`, { env: {} })).stderr).toContain('cannot be read');
    expect(await readFile(file, 'utf8')).toContain('ESCROW_SOURCES');
  });

  test('colours for a terminal, not for a pipe and not under NO_COLOR', async () => {
    expect((await cli('list', { isTTY: true })).stdout).toContain('\u001b[');
    expect((await cli('list')).stdout).not.toContain('\u001b[');
    expect((await cli('list', { isTTY: true, env: { ...env, NO_COLOR: '1' } })).stdout).not.toContain('\u001b[');
  });

  test('says which storage permission is missing, without a stack trace', async () => {
    const identity = azure.registry.add('nobody', []);
    const { code, stderr, json } = await cli('list --json', { identity });
    expect(code).toBe(1);
    expect(json()).toMatchObject({ error: { code: 'AuthorizationPermissionMismatch' } });
    expect(stderr).toMatch(/Error: Blob Storage: .*403.*auditor/);
  });
});
