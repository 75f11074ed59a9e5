import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadSettings } from '../../../src/cli/options/settings-source.ts';
import { collectIo } from '../../support/cli.ts';
import { minimalSettings } from '../../support/minimal-settings.ts';
import { useTestFolder } from '../../support/temporary-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await useTestFolder();
});

const leave = (values: object): Promise<void> =>
  writeFile(join(folder, 'escrow.settings.json'), JSON.stringify({ Values: values }));

async function load(env: Record<string, string> = {}, place: { settings?: string } = {}) {
  const { io, ended } = collectIo({ env, folder });
  return { settings: await loadSettings(io, place), said: ended(0).stderr };
}

describe('a settings file that a deployment left', () => {
  test('is found in the folder and reported, with every host that may be sent a token', async () => {
    await leave({ ...minimalSettings, AZURE_CLOUD: 'AzureUSGovernment' });
    const { settings, said } = await load();
    expect(settings.sources).toHaveLength(1);
    expect(said).toMatch(/^Settings: escrow\.settings\.json in this folder\. Hosts: /);
    expect(said).toContain(new URL(minimalSettings.ESCROW_CONTAINER_URL).hostname);
    expect(said).toContain('.vault.usgovcloudapi.net');
    expect(said).toContain('login.microsoftonline.us, management.usgovcloudapi.net.');
  });

  test('cannot lead a token elsewhere: nothing but ESCROW_ settings and the cloud is read from it', async () => {
    await leave({
      ...minimalSettings,
      AZURE_AUTHORITY_HOST: 'https://evil.example',
      AZURE_RESOURCE_MANAGER_URL: 'https://evil.example',
      HTTPS_PROXY: 'http://evil.example',
      AzureFunctionsJobHost__functionTimeout: '00:00:01',
    });
    const { settings, said } = await load();
    expect(settings).toMatchObject({
      authorityHost: 'https://login.microsoftonline.com',
      resourceManagerUrl: 'https://management.azure.com',
    });
    expect(said).not.toContain('evil');
  });

  test('names a host that it does choose', async () => {
    await leave({ ...minimalSettings, ESCROW_VAULT_DNS_SUFFIX: 'evil.example' });
    expect((await load()).said).toContain('.evil.example');
  });

  test('yields to the environment, and is not mentioned when all of it does', async () => {
    await leave(minimalSettings);
    const env = { ...minimalSettings, ESCROW_MAX_AGE_HOURS: '50' };
    const { settings, said } = await load(env);
    expect([settings.maxAgeHours, said]).toEqual([50, '']);
  });

  test('is left alone where another file is named', async () => {
    await leave({ ...minimalSettings, ESCROW_MAX_AGE_HOURS: '50' });
    const settings = join(folder, 'mine.json');
    await writeFile(settings, JSON.stringify({ Values: minimalSettings }));
    const loaded = await load({}, { settings });
    expect([loaded.settings.maxAgeHours, loaded.said]).toEqual([26, '']);
  });

  test('that holds only some settings names the hosts of those', async () => {
    await leave({ ESCROW_QUEUE__queueServiceUri: 'https://requests.queue.core.windows.net' });
    const { said } = await load();
    expect(said).toContain('Hosts: requests.queue.core.windows.net, login.microsoftonline.com, management.azure.com.');
  });
});
