import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { deploymentProviders, otherProviders } from '../../infra/hooks/providers.ts';
import { isAtLeast } from '../../infra/hooks/tool.ts';
import { readSettings } from '../../src/app/settings.ts';
import { useTestFolder } from '../support/temporary-folder.ts';
import { createHookPlace, providersOf } from './support/hook-tools.ts';
import {
  deploymentSubscription,
  deployNamed,
  parameterSetNames,
  platformSubscription,
} from './support/parameter-sets.ts';

let place: ReturnType<typeof createHookPlace>;
beforeEach(async () => {
  place = createHookPlace(await useTestFolder());
});

const projectFile = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const { scripts, version } = JSON.parse(projectFile('package.json'));

const byAz = { AZURE_LOCATION: 'westeurope' };
const byAzd = { AZURE_ENV_NAME: 'prod', AZURE_SUBSCRIPTION_ID: deploymentSubscription, AZURE_LOCATION: 'westeurope' };

describe('the check before a deployment', () => {
  it('registers every missing provider, begins all before it waits, and says so', () => {
    place.setTools({ providers: providersOf('NotRegistered') });
    const { status, stdout, stderr } = place.run('preflight.ts', [], byAzd);
    expect([status, stderr]).toEqual([0, '']);
    expect(new Set(Object.values(place.providersIn(deploymentSubscription)))).toEqual(new Set(['Registered']));
    const registers = place.calls().filter((call) => call.includes('provider register'));
    expect(registers.findIndex((call) => call.includes('--wait'))).toBe(deploymentProviders.length);
    expect(stdout).toContain('registering Microsoft.App, Microsoft.Web');
    expect(stdout).toContain('Ready to deploy.');
  });

  it('registers nothing that is registered', () => {
    const { status } = place.run('preflight.ts', [], byAzd);
    expect(status).toBe(0);
    expect(place.calls().filter((call) => call.includes('register'))).toEqual([]);
  });

  it('registers in the subscriptions of the sources, and in those that are named, what is needed there', () => {
    place.setSources([
      { vaultName: 'contoso-web', resourceGroup: 'rg', location: 'uksouth', subscriptionId: platformSubscription },
    ]);
    expect(place.run('preflight.ts', [], byAz).status).toBe(0);
    expect(new Set(Object.keys(place.providersIn(platformSubscription)))).toEqual(new Set<string>(otherProviders));
    const other = '33333333-3333-4333-8333-333333333333';
    place.setTools({ providers: { [other]: {}, [deploymentSubscription]: {}, [platformSubscription]: {} } });
    expect(place.run('preflight.ts', ['--subscription', other], byAz).status).toBe(0);
    expect(place.providersIn(other)).toHaveProperty('Microsoft.Storage', 'Registered');
  });

  it('reports all that is wrong at once, and registers nothing then', () => {
    place.setTools({
      azd: '1.24.0',
      az: '2.59.0',
      bicep: '0.33.9',
      account: undefined,
      providers: providersOf('NotRegistered'),
    });
    place.setSources([{ vaultName: 'contoso-prod', resourceGroup: 'rg', loction: 'westeurope' }]);
    expect(place.run('preflight.ts', [], {})).toEnd(
      1,
      'azd is version 1.24.0; 1.24.1 or later is needed',
      'az is version 2.59.0; 2.60.0 or later is needed',
      'bicep is version 0.33.9; 0.34.1 or later is needed',
      /sources\.json.*loction/,
      'Run: az login',
    );
    expect(place.calls().filter((call) => call.includes('provider'))).toEqual([]);
  });

  it('says which tool is not there', () => {
    place.removeTool('az');
    expect(place.run('preflight.ts', [], byAzd)).toEnd(1, 'az is not on the PATH. Install 2.60.0 or later');
  });

  it('asks for no azd where az deploys, and for no Bicep where azd does, which brings its own', () => {
    place.removeTool('azd');
    expect(place.run('preflight.ts', [], byAz).status).toBe(0);
    place.installTool('azd');
    place.setTools({ bicep: undefined });
    expect(place.run('preflight.ts', [], byAzd).status).toBe(0);
    expect(place.run('preflight.ts', [], byAz).stderr).toContain('Bicep CLI not found');
  });

  it('wants a region, because there is no good default', () => {
    expect(place.run('preflight.ts', [], {}).stderr).toContain('export AZURE_LOCATION=<region>');
  });

  it('refuses to deploy into a group of that name in another region, and says what to do', () => {
    place.setTools({ groups: { 'rg-key-escrow-prod': 'northeurope' } });
    const { status, stderr } = place.run('preflight.ts', [], byAzd);
    expect(status).toBe(1);
    expect(stderr).toContain('rg-key-escrow-prod is in northeurope, not in westeurope: an escrow does not move');
    place.setTools({ groups: { 'rg-key-escrow-prod': 'West Europe' } });
    expect(place.run('preflight.ts', [], byAzd).status).toBe(0);
  });

  it('names the right that is missing when a provider cannot be registered', () => {
    place.setTools({ denied: [deploymentSubscription], providers: providersOf('NotRegistered') });
    expect(place.run('preflight.ts', [], byAzd)).toEnd(
      1,
      'Somebody with "Microsoft.App/register/action" there',
      `az provider register --namespace Microsoft.App --subscription ${deploymentSubscription} --wait`,
    );
  });

  it('does not take the sample for somebody’s sources', () => {
    const sample = projectFile('infra/sources.json');
    place.setSources(sample);
    expect(place.run('preflight.ts', [], byAzd).stderr).toContain('still names the sample');
    rmSync(join(place.folder, 'infra', 'sources.json'));
    expect(place.run('preflight.ts', [], byAzd).stderr).toContain('is not there. Write it: npm run escrow -- discover');
  });

  it('knows the provider of every resource that is deployed', () => {
    const used = parameterSetNames.flatMap((name) => deployNamed(name).resources.map(({ type }) => type.split('/')[0]));
    const builtIn = ['Microsoft.Resources', 'Microsoft.Authorization'];
    expect([...deploymentProviders, ...builtIn]).toEqual(expect.arrayContaining([...new Set(used)]));
  });
});

const { outputs } = deployNamed('many-sources');
const outputsOfAz = Object.fromEntries(
  Object.entries(outputs).map(([name, value]) => [name, { type: 'Object', value }]),
);
const ofAz = { properties: { provisioningState: 'Succeeded', outputs: outputsOfAz } };

describe('the settings file after a deployment', () => {
  // azd keeps a text as it is and all else as JSON (UpdateEnvironment in its sources).
  const ofAzd = Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
  const file = (): string => join(place.folder, 'escrow.settings.json');
  const written = () => JSON.parse(readFileSync(file(), 'utf8')).Values;

  it('is written from what azd hands its hooks, and the reader takes it', () => {
    const { status, stdout, stderr } = place.run('settings.ts', [], ofAzd);
    expect([status, stderr]).toEqual([0, '']);
    expect(written()).toEqual(outputs.commandLineSettings);
    expect(readSettings(written()).sources).toHaveLength(4);
    expect(stdout).toContain('Wrote escrow.settings.json');
    expect(stdout).toContain('npm run -s infra:commands -- hsm');
  });

  it('is written from azd’s environment at any other time, and from a deployment of az by its name', () => {
    place.setTools({ azdValues: ofAzd });
    expect(place.run('settings.ts').status).toBe(0);
    expect(written()).toEqual(outputs.commandLineSettings);
    rmSync(file());
    place.setTools({ deployments: { 'key-escrow': ofAz } });
    const { status, stdout } = place.run('settings.ts', ['--deployment', 'key-escrow']);
    expect(status).toBe(0);
    expect(written()).toEqual(outputs.commandLineSettings);
    expect(stdout).toContain('infra:commands -- auditor --deployment key-escrow');
  });

  it('is not written when there is no deployment, with the way to one', () => {
    expect(place.run('settings.ts')).toEnd(1, 'add: -- --deployment NAME');
    expect(place.run('settings.ts', ['--deployment', 'other']).stderr).toContain('DeploymentNotFound');
    expect(existsSync(file())).toBe(false);
  });

  it('says why a deployment that failed has nothing to write', () => {
    place.setTools({ deployments: { 'key-escrow': { properties: { provisioningState: 'Failed', outputs: null } } } });
    expect(place.run('settings.ts', ['--deployment', 'key-escrow']).stderr).toContain('put nothing out: it is Failed');
  });

  const isShell = (input: string): void => {
    const { status, stderr } = spawnSync('sh', ['-n'], { encoding: 'utf8', input });
    expect([status, stderr]).toEqual([0, '']);
  };

  it.each(['auditor', 'restoreOperator', 'drillOperator', 'requester'])(
    'prints the lines that make somebody %s, which a shell can read',
    (role) => {
      const { status, stdout } = place.run('commands.ts', [role], ofAzd);
      expect(status).toBe(0);
      const lines = stdout.trimEnd().split('\n');
      expect(lines[1]).toBe('WHO=$(az ad signed-in-user show --query id --output tsv)');
      expect(lines.slice(2)).toEqual((outputs.roleCommands as Record<string, string[]>)[role]);
      isShell(stdout);
    },
  );

  it.each([
    ['hsm', 'hsmCommands'],
    ['lock', 'lockCommands'],
    ['remove', 'removalCommands'],
  ])('prints the lines of %s, which a shell can read', (kind, output) => {
    place.setTools({ deployments: { 'key-escrow': ofAz } });
    const { status, stdout } = place.run('commands.ts', [kind, '--deployment', 'key-escrow']);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual(outputs[output]);
    isShell(stdout);
  });

  it('asks which lines when it was not given any', () => {
    expect(place.run('commands.ts', [])).toEnd(2, 'remove');
  });
});

describe('docs/deploy.md', () => {
  const text = projectFile('docs/deploy.md');
  const lines = Array.from(
    text.matchAll(/^npm run (?:-s )?(infra:\w+)(?: -- ([^#\n>]*))?/gm),
    ([, script = '', given = '']) => ({
      script,
      given: given.split(' ').filter((word) => word !== ''),
    }),
  );

  it.each(lines)('has a line that works: $script $given', ({ script, given }) => {
    place.setTools({ deployments: { 'key-escrow': ofAz } });
    const named =
      script === 'infra:preflight' || given.includes('--deployment') ? given : [...given, '--deployment', 'key-escrow'];
    const hook = /^node infra\/hooks\/(\S+)$/.exec(scripts[script])?.[1] ?? 'none';
    const { status, stderr } = place.run(hook, named, byAz);
    expect([status, stderr]).toEqual([0, '']);
  });

  it('shows every kind of line that the deployment puts out', () => {
    const kinds = lines.filter(({ script }) => script === 'infra:commands').map(({ given }) => given[0]);
    expect(new Set(kinds)).toEqual(new Set(['hsm', 'auditor', 'requester', 'drillOperator', 'lock', 'remove']));
  });

  it('says in its first lines that it never ran on Azure, and in which version', () => {
    expect(projectFile('azure.yaml')).toContain(`keyvault-escrow@${version}`);
    for (const document of ['docs/deploy.md', 'README.md']) {
      const first = projectFile(document).split('\n').slice(0, 30).join(' ');
      expect(first, document).toMatch(/never run against real azure/i);
      expect(first, document).toContain(version);
    }
  });
});

describe('the hooks', () => {
  it('are the scripts that azure.yaml and package.json name', () => {
    const azureYaml = projectFile('azure.yaml');
    for (const [, name = ''] of azureYaml.matchAll(/npm run --silent (infra:\w+)/g)) {
      const [, path = ''] = /^node (\S+)$/.exec(scripts[name]) ?? [];
      expect(statSync(new URL(`../../${path}`, import.meta.url)).isFile(), name).toBe(true);
    }
  });

  it('distinguish older versions from newer ones', () => {
    expect(isAtLeast('1.24.1', '1.24.1')).toBe(true);
    expect(isAtLeast('1.24.0', '1.24.1')).toBe(false);
    expect(isAtLeast('1.100.0', '1.24.1')).toBe(true);
    expect(isAtLeast('2.0.0', '1.24.1')).toBe(true);
    expect(isAtLeast('0.9.9-beta.1', '1.24.1')).toBe(false);
    expect(isAtLeast('unknown', '1.24.1')).toBe(false);
  });
});
