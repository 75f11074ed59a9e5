import { copyFile, readFile, stat } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type FunctionsHost, startFunctionsHost } from '../../local-azure/functions-host/start.ts';
import type { FunctionMetadata } from '../../local-azure/functions-host/worker/core-contract.ts';
import { billOfMaterials, type Metafile, packageFolderOf } from '../../scripts/bill-of-materials.ts';
import { builtBundle } from '../support/escrow-host.ts';
import { minimalSettings } from '../support/minimal-settings.ts';
import { useFolder } from '../support/temporary-folder.ts';

const root = new URL('../../', import.meta.url);

/** Enough to register; nothing is asked of any service before a trigger fires. Names that resolve nowhere. */
const settings = {
  ...minimalSettings,
  ESCROW_CONTAINER_URL: 'https://escrow.invalid/key-escrow',
  ESCROW_QUEUE__queueServiceUri: 'https://escrow.invalid',
  ESCROW_QUEUE__credential: 'managedidentity',
};

const hosts: FunctionsHost[] = [];

/** The bundle alone, in a folder outside of the project: nothing can be required from any node_modules. */
const folder = await useFolder();
const bundle = join(folder, 'main.cjs');
await copyFile(builtBundle(), bundle);

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
});

async function load(more: Record<string, string> = {}): Promise<FunctionsHost> {
  const overrides = { maxPollingIntervalMs: 60_000, shutdownGraceMs: 100 };
  const host = await startFunctionsHost({ bundle, settings: { ...settings, ...more }, hostJson: {}, overrides });
  hosts.push(host);
  return host;
}

/** With those settings and no others. */
const asItIs = await load();

async function readJson(path: string) {
  return JSON.parse(await readFile(new URL(path, root), 'utf8'));
}

const queue = { connection: 'ESCROW_QUEUE' };
const poison = { ...queue, type: 'queue', direction: 'out', queueName: '%ESCROW_QUEUE_NAME%-poison' };

/** Without what the library makes up by itself. */
function bindingsOf(registered: FunctionMetadata | undefined): Record<string, unknown>[] {
  return Object.values(registered?.bindings ?? {}).map(({ name: _, properties: __, ...binding }) => binding);
}

describe('the built bundle', () => {
  test('has at most 1.6 MB', async () => {
    expect((await stat(builtBundle())).size).toBeLessThanOrEqual(1_600_000);
  });

  test('asks for nothing that the worker does not have', async () => {
    const outside = [...(await readFile(bundle, 'utf8')).matchAll(/\b(?:require|import)\("([^"]+)"\)/g)].map(
      ([, name]) => name ?? '',
    );
    const known = new Set(['@azure/functions-core', ...builtinModules.flatMap((name) => [name, `node:${name}`])]);
    // Optional accelerators that their users try to load and do without, and a format that nobody asks for.
    const optional = ['bufferutil', 'utf-8-validate', 'apache-arrow'];
    expect(outside.filter((name) => !known.has(name) && !optional.includes(name))).toEqual([]);
  });

  test('registers exactly the triggers of src/main.ts, with exactly these bindings, from a folder without node_modules', async () => {
    const { registrations } = asItIs;
    const source = await readFile(new URL('src/main.ts', root), 'utf8');
    const named = [...source.matchAll(/app\.\w+\('(\w+)'/g)].map(([, name]) => name);
    expect(registrations.map(({ name }) => name)).toEqual(named);

    const of = (name: string) => registrations.find((one) => one.name === name);
    expect(bindingsOf(of('nightlyEscrow'))).toEqual([
      { type: 'timerTrigger', direction: 'in', schedule: '%ESCROW_SCHEDULE%' },
    ]);
    expect(of('nightlyEscrow')?.retryOptions).toMatchObject({
      retryStrategy: 'fixedDelay',
      maxRetryCount: 3,
      delayInterval: { seconds: 300 },
    });
    expect(bindingsOf(of('onDemandEscrow'))).toEqual([
      { ...queue, type: 'queueTrigger', direction: 'in', dataType: 'binary', queueName: '%ESCROW_QUEUE_NAME%' },
      poison,
    ]);
    expect(bindingsOf(of('escrowAudit'))).toEqual([
      { type: 'timerTrigger', direction: 'in', schedule: '%ESCROW_AUDIT_SCHEDULE%' },
    ]);
    expect(registrations).toHaveLength(3);
  });

  test.each([
    ['backup', ['nightlyEscrow', 'onDemandEscrow'], ['ESCROW_AUDIT_SCHEDULE']],
    ['audit', ['escrowAudit'], ['ESCROW_QUEUE_NAME', 'ESCROW_QUEUE__queueServiceUri', 'ESCROW_QUEUE__credential']],
  ])(
    'registers as part %s only its triggers, and needs no setting of the other part',
    async (part, triggers, others) => {
      const without = Object.fromEntries(others.map((name) => [name, '']));
      const { registrations } = await load({ ...without, ESCROW_PART: part });
      expect(registrations.map(({ name }) => name)).toEqual(triggers);
    },
  );

  test('with fan-out gives the timer the queue as its output, and changes nothing else', async () => {
    const fanned = await load({ ESCROW_FAN_OUT: 'true' });
    const bindings = Object.values(fanned.registrations.find(({ name }) => name === 'nightlyEscrow')?.bindings ?? {});
    expect(bindings).toHaveLength(2);
    expect(bindings[1]).toMatchObject({ ...queue, type: 'queue', direction: 'out', queueName: '%ESCROW_QUEUE_NAME%' });
    const others = ({ registrations }: FunctionsHost) =>
      registrations
        .filter(({ name }) => name !== 'nightlyEscrow')
        .map(({ name, bindings: all }) => [name, Object.values(all).map(({ type }) => type)]);
    expect(others(fanned)).toEqual(others(asItIs));
  });

  test('with faults in the settings leaves no function, and one error that names every fault and remedy', async () => {
    const faulty = {
      ESCROW_SOURCES: '[{"vaultName":"a-vault","colour":"red"},{"vaultName":"twice"},{"vaultName":"Twice"}]',
      ESCROW_CONTAINER_URL: 'http://escrow.invalid/key-escrow?sig=do-not-echo',
      ESCROW_SCHEDULE: 'every night',
      ESCROW_QUEUE_NAME: 'Not A Queue',
      AZURE_CLOUD: 'AzureMoon',
    };
    const { registrations, events } = await load(faulty);
    expect(registrations).toEqual([]);
    const errors = events.flatMap((event) => (event.event === 'log' && event.level === 'error' ? [event.message] : []));
    expect(errors).toHaveLength(1);
    const [message = ''] = errors;
    expect(message).toMatch(
      /^Worker was unable to load entry point "main\.cjs": .*cannot be used, nothing was started/,
    );
    expect(message).toMatch(/ESCROW_SOURCES\[0\].*colour.*Known: vaultName/);
    expect(message).toMatch(/ESCROW_SOURCES\[2\]: vault "twice" is there twice/);
    expect(message).toMatch(/ESCROW_CONTAINER_URL is not https/);
    expect(message).toMatch(/ESCROW_SCHEDULE is "every night"/);
    expect(message).toMatch(/ESCROW_QUEUE_NAME is "Not A Queue"/);
    expect(message).toMatch(/AZURE_CLOUD is "AzureMoon".*AzureCloud, AzureChinaCloud, AzureUSGovernment/);
    expect(message).not.toContain('do-not-echo');
  });
});

describe('the supply chain', () => {
  test('has a bill of materials of exactly the packages of which something is in the bundle', async () => {
    const metafile: Metafile = await readJson('dist/main.meta.json');
    const bill = billOfMaterials(metafile, await readJson('package-lock.json'), {
      name: 'keyvault-escrow',
      version: '0',
    });
    const bundled = Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [packageFolderOf(path)] : [])),
    );
    expect(bill.components).toHaveLength(new Set(bundled.filter((one) => one !== undefined)).size);
    const names = bill.components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`));
    expect(names).toEqual(
      expect.arrayContaining([
        '@azure/functions',
        '@azure/identity',
        '@azure/keyvault-keys',
        '@azure/storage-blob',
        'zod',
      ]),
    );
    for (const never of ['azurite', 'vitest', 'esbuild', 'selfsigned', '@azure/storage-queue'])
      expect(names).not.toContain(never);
    for (const { purl, version, licenses, hashes } of bill.components) {
      expect(purl).toMatch(/^pkg:npm\/(%40[\w-]+\/)?[\w.-]+@/);
      expect(version).toMatch(/^\d+\.\d+\.\d+/);
      expect(licenses).toHaveLength(1);
      expect(hashes?.[0]?.content).toMatch(/^[0-9a-f]{128}$/);
    }
    const refs = new Set(bill.components.map((component) => component['bom-ref']));
    for (const { dependsOn } of bill.dependencies) for (const ref of dependsOn) expect(refs).toContain(ref);
    const direct = bill.dependencies.find(({ ref }) => ref === 'keyvault-escrow@0')?.dependsOn ?? [];
    expect(direct.some((ref) => ref.startsWith('pkg:npm/%40azure/keyvault-keys@'))).toBe(true);
  });

  test('is locked to exact versions with integrity, and runs only the install scripts that are allowed', async () => {
    const { dependencies, devDependencies, allowScripts } = await readJson('package.json');
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    const { packages } = await readJson('package-lock.json');
    type Locked = { integrity?: string; hasInstallScript?: boolean; link?: boolean; optional?: boolean };
    const locked = Object.entries(packages as Record<string, Locked>).filter(([path]) => path !== '');
    expect(locked.filter(([, { integrity, link }]) => !integrity && !link).map(([path]) => path)).toEqual([]);
    const scripted = locked.filter(([, { hasInstallScript, optional }]) => hasInstallScript && !optional);
    const names = new Set(scripted.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)));
    for (const name of names) expect(Object.keys(allowScripts)).toContain(name);
    expect(Object.entries(allowScripts).filter(([, allowed]) => allowed)).toEqual([['node', true]]);
  });
});
