import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deploymentProviders, otherProviders } from '../../infra/hooks/providers.ts';
import { isAtLeast } from '../../infra/hooks/tool.ts';
import { readSettings } from '../../src/app/settings.ts';
import {
  deploy,
  deploymentSubscription,
  parameterSetNames,
  parametersNamed,
  platformSubscription,
} from './support/parameter-sets.ts';

const hooks = fileURLToPath(new URL('../../infra/hooks/', import.meta.url));

/**
 * Stands in for `az` and `azd`: a subscription whose providers are registered as they are asked to be, kept in a file with a
 * journal of every call. Its answers have the shape of the real tools' (az 2.78, azd 1.31).
 */
const standIn = `#!${process.execPath}
const fs = require('node:fs');
const tool = require('node:path').basename(process.argv[1]);
const file = process.env.TOOLS_STATE;
const state = JSON.parse(fs.readFileSync(file, 'utf8'));
const words = process.argv.slice(2);
const option = (name) => words.includes(name) ? words[words.indexOf(name) + 1] : undefined;
const verb = [tool, ...words.slice(0, words.findIndex((word) => word.startsWith('-')) >>> 0)].join(' ');
const answer = (value) => console.log(JSON.stringify(value));
const fail = (text) => { console.error(text); process.exitCode = 1; };
state.calls.push([tool, ...words].join(' '));
const at = option('--subscription') ?? state.account;
if (verb === 'azd version') answer({ azd: { version: state.azd, commit: 'abc' } });
else if (verb === 'azd env get-values') state.azdValues ? answer(state.azdValues) : fail('ERROR: no project exists; to create a new project, run azd init');
else if (verb === 'az version') answer({ 'azure-cli': state.az, 'azure-cli-core': state.az, extensions: {} });
else if (verb === 'az bicep version') state.bicep ? console.log('Bicep CLI version ' + state.bicep + ' (0ab1c2d3e4)') : fail('Bicep CLI not found. Install it now by running "az bicep install".');
else if (verb === 'az account show') state.account ? answer({ id: at, tenantId: 't', state: 'Enabled' }) : fail("Please run 'az login' to setup account.");
else if (verb === 'az group show') state.groups[option('--name')] ? answer({ name: option('--name'), location: state.groups[option('--name')] }) : fail('(ResourceGroupNotFound) Resource group could not be found.');
else if (verb === 'az provider list') answer(Object.entries(state.providers[at] ?? {}).map(([namespace, registrationState]) => ({ namespace, registrationState })));
else if (verb === 'az provider register') {
  if (state.denied.includes(at)) fail('(AuthorizationFailed) The client does not have authorization to perform action register/action');
  else state.providers[at][option('--namespace')] = words.includes('--wait') ? 'Registered' : 'Registering';
}
else if (verb === 'az deployment sub show') state.deployments[option('--name')] ? answer(state.deployments[option('--name')]) : fail('(DeploymentNotFound) Deployment could not be found.');
else fail('the stand-in does not know: ' + verb);
fs.writeFileSync(file, JSON.stringify(state));
`;

interface Tools {
  readonly calls: string[];
  readonly providers: Record<string, Record<string, string>>;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'infra-hooks-'));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'infra'));
  for (const tool of ['az', 'azd']) installTool(tool);
  setTools({});
  setSources([
    { vaultName: 'contoso-prod', resourceGroup: 'rg', location: 'westeurope', subscriptionId: deploymentSubscription },
  ]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function installTool(tool: string): void {
  writeFileSync(join(folder, 'bin', tool), standIn);
  chmodSync(join(folder, 'bin', tool), 0o755);
}

function setTools(state: object): void {
  const tools = {
    calls: [],
    azd: '1.31.2',
    az: '2.78.0',
    bicep: '0.38.33',
    account: deploymentSubscription,
    groups: {},
    providers: providersOf('Registered'),
    denied: [],
    deployments: {},
  };
  writeFileSync(join(folder, 'tools.json'), JSON.stringify({ ...tools, ...state }));
}

/** Everything that a deployment needs in its own subscription, and something in the sources'. */
function providersOf(state: 'Registered' | 'NotRegistered'): Tools['providers'] {
  const deployment = Object.fromEntries(deploymentProviders.map((one) => [one, state]));
  return { [deploymentSubscription]: deployment, [platformSubscription]: { 'Microsoft.Storage': 'Registered' } };
}

const tools = (): Tools => JSON.parse(readFileSync(join(folder, 'tools.json'), 'utf8'));
const setSources = (sources: unknown): void =>
  writeFileSync(join(folder, 'infra', 'sources.json'), typeof sources === 'string' ? sources : JSON.stringify(sources));

/** Runs a hook as npm does: in the project's folder, with the tools on the PATH and nothing else of the machine's Azure. */
function run(hook: string, given: string[] = [], env: Record<string, string> = {}) {
  const path = [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter);
  return spawnSync(process.execPath, [join(hooks, hook), ...given], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: path, TOOLS_STATE: join(folder, 'tools.json'), ...env },
  });
}

const byAz = { AZURE_LOCATION: 'westeurope' };
const byAzd = { AZURE_ENV_NAME: 'prod', AZURE_SUBSCRIPTION_ID: deploymentSubscription, AZURE_LOCATION: 'westeurope' };

describe('the check before a deployment', () => {
  it('registers every missing provider, begins all before it waits, and says so', () => {
    setTools({ providers: providersOf('NotRegistered') });
    const { status, stdout, stderr } = run('preflight.ts', [], byAzd);
    expect([status, stderr]).toEqual([0, '']);
    expect(new Set(Object.values(tools().providers[deploymentSubscription] ?? {}))).toEqual(new Set(['Registered']));
    const registers = tools().calls.filter((call) => call.includes('provider register'));
    expect(registers.findIndex((call) => call.includes('--wait'))).toBe(deploymentProviders.length);
    expect(stdout).toContain('registering Microsoft.App, Microsoft.Web');
    expect(stdout).toContain('Ready to deploy.');
  });

  it('registers nothing that is registered', () => {
    const { status } = run('preflight.ts', [], byAzd);
    expect(status).toBe(0);
    expect(tools().calls.filter((call) => call.includes('register'))).toEqual([]);
  });

  it('registers in the subscriptions of the sources, and in those that are named, what is needed there', () => {
    setSources([
      { vaultName: 'contoso-web', resourceGroup: 'rg', location: 'uksouth', subscriptionId: platformSubscription },
    ]);
    expect(run('preflight.ts', [], byAz).status).toBe(0);
    expect(new Set(Object.keys(tools().providers[platformSubscription] ?? {}))).toEqual(
      new Set<string>(otherProviders),
    );
    const other = '33333333-3333-4333-8333-333333333333';
    setTools({ providers: { [other]: {}, [deploymentSubscription]: {}, [platformSubscription]: {} } });
    expect(run('preflight.ts', ['--subscription', other], byAz).status).toBe(0);
    expect(tools().providers[other]).toHaveProperty('Microsoft.Storage', 'Registered');
  });

  it('reports all that is wrong at once, and registers nothing then', () => {
    setTools({
      azd: '1.24.0',
      az: '2.59.0',
      bicep: '0.33.9',
      account: undefined,
      providers: providersOf('NotRegistered'),
    });
    setSources([{ vaultName: 'contoso-prod', resourceGroup: 'rg', loction: 'westeurope' }]);
    const { status, stderr } = run('preflight.ts', [], {});
    expect(status).toBe(1);
    expect(stderr).toContain('azd is version 1.24.0; 1.24.1 or later is needed');
    expect(stderr).toContain('az is version 2.59.0; 2.60.0 or later is needed');
    expect(stderr).toContain('bicep is version 0.33.9; 0.34.1 or later is needed');
    expect(stderr).toMatch(/sources\.json.*loction/);
    expect(stderr).toContain('Run: az login');
    expect(tools().calls.filter((call) => call.includes('provider'))).toEqual([]);
  });

  it('says which tool is not there', () => {
    rmSync(join(folder, 'bin', 'az'));
    const { status, stderr } = run('preflight.ts', [], byAzd);
    expect(status).toBe(1);
    expect(stderr).toContain('az is not on the PATH. Install 2.60.0 or later');
  });

  it('asks for no azd where az deploys, and for no Bicep where azd does, which brings its own', () => {
    rmSync(join(folder, 'bin', 'azd'));
    expect(run('preflight.ts', [], byAz).status).toBe(0);
    installTool('azd');
    setTools({ bicep: undefined });
    expect(run('preflight.ts', [], byAzd).status).toBe(0);
    expect(run('preflight.ts', [], byAz).stderr).toContain('Bicep CLI not found');
  });

  it('wants a region, because there is no good default', () => {
    expect(run('preflight.ts', [], {}).stderr).toContain('export AZURE_LOCATION=<region>');
  });

  it('refuses to deploy into a group of that name in another region, and says what to do', () => {
    setTools({ groups: { 'rg-key-escrow-prod': 'northeurope' } });
    const { status, stderr } = run('preflight.ts', [], byAzd);
    expect(status).toBe(1);
    expect(stderr).toContain('rg-key-escrow-prod is in northeurope, not in westeurope: an escrow does not move');
    setTools({ groups: { 'rg-key-escrow-prod': 'West Europe' } });
    expect(run('preflight.ts', [], byAzd).status).toBe(0);
  });

  it('names the right that is missing when a provider cannot be registered', () => {
    setTools({ denied: [deploymentSubscription], providers: providersOf('NotRegistered') });
    const { status, stderr } = run('preflight.ts', [], byAzd);
    expect(status).toBe(1);
    expect(stderr).toContain('Somebody with "Microsoft.App/register/action" there');
    expect(stderr).toContain(
      `az provider register --namespace Microsoft.App --subscription ${deploymentSubscription} --wait`,
    );
  });

  it('does not take the sample for somebody’s sources', () => {
    const sample = readFileSync(new URL('../../infra/sources.json', import.meta.url), 'utf8');
    setSources(sample);
    expect(run('preflight.ts', [], byAzd).stderr).toContain('still names the sample');
    rmSync(join(folder, 'infra', 'sources.json'));
    expect(run('preflight.ts', [], byAzd).stderr).toContain('is not there. Write it: npm run escrow -- discover');
  });

  it('knows the provider of every resource that is deployed', () => {
    const used = parameterSetNames.flatMap((name) =>
      deploy(parametersNamed(name)).resources.map(({ type }) => type.split('/')[0]),
    );
    const builtIn = ['Microsoft.Resources', 'Microsoft.Authorization'];
    expect([...deploymentProviders, ...builtIn]).toEqual(expect.arrayContaining([...new Set(used)]));
  });
});

describe('the settings file after a deployment', () => {
  const { outputs } = deploy(parametersNamed('many-sources'));
  const ofAz = {
    properties: {
      provisioningState: 'Succeeded',
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { type: 'Object', value }])),
    },
  };
  // azd keeps a text as it is and all else as JSON (UpdateEnvironment in its sources).
  const ofAzd = Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
  const file = (): string => join(folder, 'escrow.settings.json');
  const written = () => JSON.parse(readFileSync(file(), 'utf8')).Values;

  it('is written from what azd hands its hooks, and the reader takes it', () => {
    const { status, stdout, stderr } = run('settings.ts', [], ofAzd);
    expect([status, stderr]).toEqual([0, '']);
    expect(written()).toEqual(outputs.commandLineSettings);
    expect(readSettings(written()).sources).toHaveLength(4);
    expect(stdout).toContain('Wrote escrow.settings.json');
    expect(stdout).toContain('npm run -s infra:commands -- hsm');
  });

  it('is written from azd’s environment at any other time, and from a deployment of az by its name', () => {
    setTools({ azdValues: ofAzd });
    expect(run('settings.ts').status).toBe(0);
    expect(written()).toEqual(outputs.commandLineSettings);
    rmSync(file());
    setTools({ deployments: { 'key-escrow': ofAz } });
    const { status, stdout } = run('settings.ts', ['--deployment', 'key-escrow']);
    expect(status).toBe(0);
    expect(written()).toEqual(outputs.commandLineSettings);
    expect(stdout).toContain('infra:commands -- auditor --deployment key-escrow');
  });

  it('is not written when there is no deployment, with the way to one', () => {
    const { status, stderr } = run('settings.ts');
    expect(status).toBe(1);
    expect(stderr).toContain('add: -- --deployment NAME');
    expect(run('settings.ts', ['--deployment', 'other']).stderr).toContain('DeploymentNotFound');
    expect(existsSync(file())).toBe(false);
  });

  it('says why a deployment that failed has nothing to write', () => {
    setTools({ deployments: { 'key-escrow': { properties: { provisioningState: 'Failed', outputs: null } } } });
    expect(run('settings.ts', ['--deployment', 'key-escrow']).stderr).toContain('put nothing out: it is Failed');
  });

  it.each(['auditor', 'restoreOperator', 'drillOperator', 'requester'])(
    'prints the lines that make somebody %s',
    (role) => {
      const { status, stdout } = run('commands.ts', [role], ofAzd);
      expect(status).toBe(0);
      const lines = stdout.trimEnd().split('\n');
      expect(lines[1]).toBe('WHO=$(az ad signed-in-user show --query id --output tsv)');
      expect(lines.slice(2)).toEqual((outputs.roleCommands as Record<string, string[]>)[role]);
    },
  );

  it.each([
    ['hsm', 'hsmCommands'],
    ['lock', 'lockCommands'],
    ['remove', 'removalCommands'],
  ])('prints the lines of %s', (kind, output) => {
    setTools({ deployments: { 'key-escrow': ofAz } });
    const { status, stdout } = run('commands.ts', [kind, '--deployment', 'key-escrow']);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual(outputs[output]);
  });

  it('prints lines that a shell can read', () => {
    for (const kind of ['hsm', 'lock', 'remove', 'auditor', 'restoreOperator', 'requester']) {
      const { stdout } = run('commands.ts', [kind], ofAzd);
      const script = join(folder, 'lines.sh');
      writeFileSync(script, stdout);
      const { status, stderr } = spawnSync('sh', ['-n', script], { encoding: 'utf8' });
      expect([status, stderr], kind).toEqual([0, '']);
    }
  });

  it('asks which lines when it was not given any', () => {
    const { status, stderr } = run('commands.ts', []);
    expect(status).toBe(2);
    expect(stderr).toContain('remove');
  });
});

describe('docs/deploy.md', () => {
  const text = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const { outputs } = deploy(parametersNamed('many-sources'));
  const outputsOfAz = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }]));
  const lines = Array.from(
    text.matchAll(/^npm run (?:-s )?(infra:\w+)(?: -- ([^#\n>]*))?/gm),
    ([, script = '', given = '']) => ({
      script,
      given: given
        .trim()
        .split(' ')
        .filter((word) => word !== ''),
    }),
  );
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

  it.each(lines)('has a line that works: $script $given', ({ script, given }) => {
    setTools({
      deployments: { 'key-escrow': { properties: { provisioningState: 'Succeeded', outputs: outputsOfAz } } },
    });
    const named =
      script === 'infra:preflight' || given.includes('--deployment') ? given : [...given, '--deployment', 'key-escrow'];
    const hook = /^node infra\/hooks\/(\S+)$/.exec(scripts[script])?.[1] ?? 'none';
    const { status, stderr } = run(hook, named, byAz);
    expect([status, stderr]).toEqual([0, '']);
  });

  it('shows every kind of line that the deployment puts out', () => {
    const kinds = lines.filter(({ script }) => script === 'infra:commands').map(({ given }) => given[0]);
    expect(new Set(kinds)).toEqual(new Set(['hsm', 'auditor', 'requester', 'drillOperator', 'lock', 'remove']));
  });

  it('says in its first lines that it never ran on Azure, and in which version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(readFileSync(new URL('../../azure.yaml', import.meta.url), 'utf8')).toContain(`keyvault-escrow@${version}`);
    for (const document of ['docs/deploy.md', 'README.md']) {
      const first = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8')
        .split('\n')
        .slice(0, 30)
        .join(' ');
      expect(first, document).toMatch(/never run against real azure/i);
      expect(first, document).toContain(version);
    }
  });
});

describe('the hooks', () => {
  it('are the scripts that azure.yaml and package.json name', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const azureYaml = readFileSync(new URL('../../azure.yaml', import.meta.url), 'utf8');
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
