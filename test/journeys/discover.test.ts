import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GraphResource } from '../../local-azure/resource-manager/graph-query.ts';
import { readSourcesFile } from '../../src/app/discover/sources-file.ts';
import { deploy, parametersNamed } from '../infra/support/parameter-sets.ts';
import { appSettings } from '../infra/support/resources.ts';
import { type CliOptions, runCommand } from '../support/cli.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { useFolder } from '../support/temporary-folder.ts';

const here = '11111111-1111-4111-8111-111111111111';
const there = '22222222-2222-4222-8222-222222222222';

let file: string;

const azure = await useTestAzure({
  sources: [
    { kind: 'vault', name: 'contoso-prod', subscriptionId: here },
    {
      kind: 'vault',
      name: 'contoso-legacy',
      subscriptionId: there,
      resource: {
        resourceGroup: 'rg-legacy',
        location: 'uksouth',
        properties: { enableRbacAuthorization: false, publicNetworkAccess: 'Disabled', enablePurgeProtection: true },
      },
    },
    { kind: 'managedHsm', name: 'contoso-hsm', subscriptionId: there, resource: { resourceGroup: 'rg-hsm' } },
  ],
});

const folder = await useFolder();
beforeEach(() => {
  file = join(folder, `sources-${crypto.randomUUID()}.json`);
  azure.resourceManager.queries.length = 0;
});
afterEach(() => {
  azure.resourceManager.resources.length = 0;
  azure.resourceManager.faults.length = 0;
});

const settings = (...names: string[]): Record<string, string> => ({
  ...(process.env as Record<string, string>),
  ...(names.length > 0 && { ESCROW_SOURCES: JSON.stringify(names.map((vaultName) => ({ vaultName }))) }),
});

const discover = (line = '', options: CliOptions = {}) =>
  runCommand(azure, `discover ${line}`.trim(), { env: settings(), ...options });
const written = async () => JSON.parse(await readFile(file, 'utf8'));

const vaultId = (name: string, subscriptionId = here): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/rg-${name}/providers/Microsoft.KeyVault/vaults/${name}`;
const vault = (name: string): GraphResource => ({
  ...{ id: vaultId(name), name, type: 'microsoft.keyvault/vaults', location: 'westeurope' },
  ...{ resourceGroup: `rg-${name}`, subscriptionId: here, properties: { enableRbacAuthorization: true } },
});

const topic = (name: string, source: string, identity = 'SystemAssigned'): GraphResource => ({
  ...{ id: `${source}/topic/${name}`, name, type: 'microsoft.eventgrid/systemtopics', location: 'westeurope' },
  ...{ resourceGroup: 'rg-events', subscriptionId: here, properties: { source }, identity: { type: identity } },
});

describe('discover', () => {
  test('shows every source with what matters about it, and what nobody escrows', async () => {
    const { code, stdout, stderr } = await discover('', { env: settings('contoso-prod') });
    expect(code).toBe(3);
    expect(stdout).toMatch(/vault "contoso-legacy" +\S+ +rg-legacy +uksouth +policies +no +yes +- +not configured/);
    expect(stdout).toMatch(/vault "contoso-prod" +\S+ +rg-contoso-prod +westeurope +roles +yes +no +- +configured/);
    expect(stderr).toContain('3 sources in 2 subscriptions. Only what you may see is shown');
    expect(stderr).toContain('2 sources are on no list: nobody escrows them.');
  });

  test('ends with 0 when everything is on a list, and names what is configured and not there', async () => {
    const env = {
      ...settings(),
      ESCROW_SOURCES:
        '[{"vaultName":"contoso-prod"},{"vaultName":"contoso-legacy"},{"hsmName":"contoso-hsm"},{"vaultName":"contoso-gone"}]',
    };
    expect(await discover('', { env })).toEnd(0, 'vault "contoso-gone" is configured and was not found');
  });

  test('asks one thing: the documented query, of the subscriptions that are named', async () => {
    const run = await discover(`--subscription ${there} --json`);
    expect(run.json<{ sources: object[] }>().sources).toHaveLength(2);
    expect(azure.resourceManager.queries).toEqual([
      {
        query: expect.stringMatching(/project id,[\s\S]*order by id asc$/),
        subscriptions: [there],
        options: { resultFormat: 'objectArray' },
      },
    ]);
    expect(String(azure.resourceManager.queries[0]?.query)).not.toContain('limit');
  });

  test('needs no setting at all, and shows what the person may see: to some, nothing', async () => {
    const stranger = azure.registry.add('a stranger', []);
    const { code, stdout, stderr } = await discover('', { identity: stranger });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('0 sources');
    expect(stderr).toContain('Only what you may see is shown');
  });

  test('reads all pages of a large estate', async () => {
    for (let index = 0; index < 2100; index += 1) azure.resourceManager.resources.push(vault(`large-${index}`));
    const run = await discover('--json');
    const { sources } = run.json<{ sources: { vaultName?: string }[] }>();
    expect(sources).toHaveLength(2103);
    expect(new Set(sources.map((one) => JSON.stringify(one))).size).toBe(2103);
    expect(azure.resourceManager.queries.map(({ options }) => options?.$skipToken)).toEqual([
      undefined,
      '1000',
      '2000',
    ]);
  });

  test('waits out a throttled answer', async () => {
    const throttled = { error: { code: 'RateLimiting', message: 'Please retry after 1 second.' } };
    azure.resourceManager.faults.push({
      status: 429,
      headers: { 'retry-after': '1' },
      body: JSON.stringify(throttled),
    });
    expect((await discover('', { env: settings('contoso-prod') })).code).toBe(3);
    expect(azure.resourceManager.queries).toHaveLength(2);
  });

  test.each([
    ['is truncated', { data: [], resultTruncated: 'true' }],
    ['is not a page of rows', { data: 'none' }],
  ])('takes no part for the whole: an answer that %s', async (reason, body) => {
    azure.resourceManager.faults.push({ status: 200, body: JSON.stringify(body) });
    expect(await discover()).toEnd(1, reason);
  });

  test('does not follow an answer that leads elsewhere: the token stays', async () => {
    azure.resourceManager.faults.push({ status: 307, headers: { location: 'https://evil.example/' }, body: '' });
    const { code } = await discover();
    expect(code).toBe(1);
    expect(azure.proxy.refusedHosts).toEqual([]);
  });
});

describe('discover --write', () => {
  const choices = {
    except: ['tmp-*'],
    maxBackupsPerSecond: 3,
    privateEndpoint: true,
    events: false,
    geography: 'Europe',
  };

  test('writes what a deployment needs to know of each source, which the deployment takes', async () => {
    azure.resourceManager.resources.push(
      topic('evgt-legacy', vaultId('contoso-legacy', there).replace('rg-contoso-legacy', 'RG-Legacy')),
    );
    expect(await discover(`--write ${file} --yes`)).toEnd(0, `Wrote ${file}`);
    expect(await written()).toEqual([
      {
        vaultName: 'contoso-legacy',
        ...{ resourceGroup: 'rg-legacy', privateEndpoint: true, subscriptionId: there, location: 'uksouth' },
        accessModel: 'accessPolicy',
        existingSystemTopic: { name: 'evgt-legacy', resourceGroup: 'rg-events' },
      },
      {
        vaultName: 'contoso-prod',
        ...{ resourceGroup: 'rg-contoso-prod', privateEndpoint: false, subscriptionId: here, location: 'westeurope' },
        accessModel: 'rbac',
      },
      {
        hsmName: 'contoso-hsm',
        ...{ resourceGroup: 'rg-hsm', privateEndpoint: false, subscriptionId: there, location: 'westeurope' },
      },
    ]);
    expect(readSourcesFile(await readFile(file, 'utf8'), file).faults).toEqual([]);
    const deployment = deploy({ ...parametersNamed('one-vault'), sources: await written() });
    expect(JSON.parse(appSettings(deployment).ESCROW_SOURCES ?? '')).toHaveLength(3);
  });

  test('keeps what a person chose, corrects what Azure knows better, and shows the difference first', async () => {
    const entry = { vaultName: 'contoso-prod', resourceGroup: 'rg-old', location: 'northeurope', ...choices };
    await writeFile(file, JSON.stringify([entry]));
    const { stdout } = await discover(`--write ${file}`, { answers: 'n\n' });
    expect(stdout).toContain(
      '~ vault "contoso-prod": resourceGroup "rg-old" → "rg-contoso-prod", location "northeurope" → "westeurope"',
    );
    expect(stdout).toContain('+ vault "contoso-legacy"');
    expect(await written()).toEqual([entry]);
    await discover(`--write ${file}`, { answers: 'y\n' });
    expect((await written())[0]).toMatchObject({
      ...choices,
      resourceGroup: 'rg-contoso-prod',
      location: 'westeurope',
    });
  });

  test('has nothing to change the second time', async () => {
    await discover(`--write ${file} --yes`);
    const first = await readFile(file, 'utf8');
    expect(await discover(`--write ${file}`)).toPrint(0, 'is up to date');
    expect(await readFile(file, 'utf8')).toBe(first);
  });

  test('does not count what somebody decided not to escrow', async () => {
    await discover(`--write ${file} --yes`);
    const entries = await written();
    entries[0].notEscrowed = 'drill vault';
    await writeFile(file, JSON.stringify(entries));
    expect(await discover(`--write ${file}`)).toPrint(0, /vault "contoso-legacy" .* not escrowed: drill vault/);
    expect((await written())[0]).toMatchObject({ notEscrowed: 'drill vault' });
  });

  test('takes the sample away, and keeps what it does not see', async () => {
    const sample = JSON.parse(await readFile(new URL('../../infra/sources.json', import.meta.url), 'utf8'));
    const hidden = { vaultName: 'contoso-hidden', resourceGroup: 'rg', location: 'westeurope' };
    sample[0].vaultName = 'contoso-sample';
    await writeFile(file, JSON.stringify([...sample, hidden]));
    const { stdout } = await discover(`--write ${file} --yes`);
    expect(stdout).toContain('- vault "contoso-sample" (the sample)');
    expect(stdout).toContain('vault "contoso-hidden" stays, although it was not found');
    expect((await written()).map((one: { vaultName?: string }) => one.vaultName)).toEqual([
      'contoso-hidden',
      'contoso-legacy',
      'contoso-prod',
      undefined,
    ]);
  });

  test('leaves the topic that the deployment makes out, and reports one that cannot deliver', async () => {
    azure.resourceManager.resources.push(
      topic('evgt-key-escrow-contoso-prod', vaultId('contoso-prod')),
      topic(
        'evgt-mute',
        `/subscriptions/${there}/resourceGroups/rg-legacy/providers/Microsoft.KeyVault/vaults/contoso-legacy`,
        'None',
      ),
    );
    const { stderr } = await discover(`--write ${file} --yes`);
    expect((await written())[1]).not.toHaveProperty('existingSystemTopic');
    expect(stderr).toContain(
      'az eventgrid system-topic update --name evgt-mute --resource-group rg-events --identity systemassigned',
    );
  });

  test('reports every mistake in the file at once, before it asks any service', async () => {
    await writeFile(
      file,
      JSON.stringify([
        { vaultName: 'contoso-prod', resourceGroup: 'rg', loction: 'westeurope' },
        { hsmName: 'contoso-hsm', resourceGroup: 'rg', events: true },
        { vaultName: 'a-vault', hsmName: 'an-hsm', resourceGroup: 'rg' },
      ]),
    );
    const { code, stderr } = await discover(`--write ${file}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/\[0\]: Unrecognized key: "loction"\. Known: vaultName, hsmName/);
    expect(stderr).toContain('[1]: "events" belongs to a vault, not to a Managed HSM.');
    expect(stderr).toContain('[2]: exactly one of "vaultName" and "hsmName" must name the source.');
    expect(azure.resourceManager.queries).toEqual([]);
  });
});
