import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, stripVTControlCharacters } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { UsageFault } from '../../src/app/usage-fault.ts';
import { loadSettings } from '../../src/cli/options/settings-source.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { type Io, programName } from '../../src/cli/terminal/io.ts';
import { type CliOptions, collectIo } from '../support/cli.ts';
import { minimalSettings } from '../support/minimal-settings.ts';
import { useTestFolder } from '../support/temporary-folder.ts';

/** A command line that needs no Azure. */
async function run(line: string, options: CliOptions = {}) {
  const { io, ended } = collectIo({ env: minimalSettings, ...options });
  return ended(await runCli(line === '' ? [] : line.split(' '), io));
}

/** The library prints to the console. */
async function completed(line: string) {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const { code } = await run(line, { env: { ...minimalSettings, ESCROW_SOURCES: '[{"hsmName":"my-hsm"}]' } });
  const said = log.mock.calls.flat().join('\n');
  log.mockRestore();
  return { code, said };
}

async function settingsFile(content: string): Promise<string> {
  const file = join(await useTestFolder(), 'local.settings.json');
  await writeFile(file, content);
  return file;
}

const faultOf = (loading: Promise<unknown>): Promise<UsageFault> =>
  loading.then(
    () => Promise.reject(new Error('It was read.')),
    (fault: UsageFault) => fault,
  );
const io = { env: {} } as Io;

test('a settings file that is not valid JSON is reported by the place, and nothing of it is repeated', async () => {
  const file = await settingsFile('{\n  "Values": {\n    "SECRET": "hunter2" "x": 1\n  }\n}');
  const fault = await faultOf(loadSettings(io, { settings: file }));
  expect(fault).toBeInstanceOf(UsageFault);
  expect(fault.message).toContain(`${file} is not valid JSON: look at line 3, column 25`);
  expect(inspect(fault)).not.toContain('hunter2');
});

test.each(['{}', 'null', '{"Values":null}', '{"Values":"x"}'])(
  'a settings file without values is refused: %s',
  async (content) => {
    const fault = await faultOf(loadSettings(io, { settings: await settingsFile(content) }));
    expect(fault.message).toContain('has no "Values"');
  },
);

test('a settings file that is not there is reported with the reason', async () => {
  const fault = await faultOf(loadSettings(io, { settings: join(tmpdir(), 'nowhere', 'local.settings.json') }));
  expect(fault.message).toContain('cannot be read: ENOENT');
  expect(fault.cause).toMatchObject({ code: 'ENOENT' });
});

describe('the program', () => {
  test.each([
    [{ npm_package_name: 'keyvault-escrow', npm_lifecycle_event: 'escrow' }, '/w/src/cli/main.ts', 'npm run escrow --'],
    [{ npm_package_name: 'keyvault-escrow', npm_lifecycle_event: 'local' }, '/w/src/cli/main.ts', 'npm run local --'],
    // A script of somebody else that calls the installed program.
    [{ npm_package_name: 'nightly', npm_lifecycle_event: 'escrow' }, '/usr/bin/keyvault-escrow', 'keyvault-escrow'],
    [{}, '/usr/bin/keyvault-escrow', 'keyvault-escrow'],
    [{}, join(process.cwd(), 'src', 'cli', 'main.ts'), `node ${join('src', 'cli', 'main.ts')}`],
  ])('calls itself as it was started: %j %s', (started, script, name) => {
    expect(programName(started, script)).toBe(name);
  });

  test.each(['-v', '--version', 'version'])('says its version: %s', async (line) => {
    const { code, stdout } = await run(line);
    expect([code, stdout.trim()]).toEqual([0, packageJson.version]);
  });

  test('without a command helps on stderr, with exit code 2', async () => {
    const { code, stdout, stderr } = await run('');
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('Commands:\n  plan ')]);
  });

  test.each([60, 80, 100, 200])(
    'wraps its help to %i columns between words, and cuts no command line',
    async (columns) => {
      for (const command of ['', 'restore', 'drill', 'verify']) {
        const { stdout } = await run(`help ${command}`.trim(), { isTTY: true, columns });
        const lines = stripVTControlCharacters(stdout).split('\n');
        const before = lines.indexOf('Examples:');
        const examples = lines.filter((line) => line.startsWith('  keyvault-escrow '));
        const wrapped = before < 0 ? lines : lines.slice(0, before);
        expect(wrapped.filter((line) => line.length > columns)).toEqual([]);
        expect(Math.max(...wrapped.map((line) => line.length))).toBeGreaterThan(Math.min(columns, 100) * 0.8);
        if (command !== '')
          expect(examples).toContainEqual(expect.stringMatching(new RegExp(`^ {2}keyvault-escrow ${command} .*-name`)));
      }
    },
  );

  test.each(['bash', 'zsh', 'fish', 'powershell'])('prints a completion script for %s', async (shell) => {
    const { code, said } = await completed(`complete ${shell}`);
    expect([code, said]).toEqual([0, expect.stringMatching(/keyvault-escrow.* complete/)]);
  });

  test('completes commands, options and the names of configured sources', async () => {
    expect((await completed('complete -- do')).said).toMatch(/^download\t.*\ndoctor\t/);
    expect((await completed('complete -- restore --to-v')).said).toMatch(/^--to-vault-name\t/);
    expect((await completed('complete -- list --hsm-name my')).said).toMatch(/^my-hsm\t/);
    expect((await completed('complete -- list --vault-name my')).said).not.toContain('my-hsm');
  });
});

test('who is not signed in gets one line, without the list of all that was tried', async () => {
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential');
  for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET']) vi.stubEnv(name, undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { code, stderr } = await run('list');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^Error: identity: nobody is signed in.*az login.*\n$/)]);
  expect(stderr).not.toContain('troubleshoot');
});
