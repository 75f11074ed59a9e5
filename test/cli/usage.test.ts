import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { findCommand, parseOptions } from '../../src/cli/command-line.ts';
import { commands } from '../../src/cli/commands.ts';
import { loadSettings } from '../../src/cli/options/settings-source.ts';
import type { Io } from '../../src/cli/terminal/io.ts';
import { UsageFault } from '../../src/cli/terminal/usage-fault.ts';

async function settingsFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'settings-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'local.settings.json');
  await writeFile(file, content);
  return file;
}

const faultOf = (loading: Promise<unknown>): Promise<UsageFault> =>
  loading.then(
    () => Promise.reject(new Error('It was read.')),
    (fault: UsageFault) => fault,
  );
const io = { env: {} } as Io;

test.each(['constructor', 'toString', '__proto__'])('--%s is no option, though every object has it', (name) => {
  const list = findCommand('list', commands);
  expect(() => parseOptions(list, [`--${name}`])).toThrow(UsageFault);
});

test('a settings file that is no JSON is told by the place, and nothing of it is repeated', async () => {
  const file = await settingsFile('{\n  "Values": {\n    "SECRET": "hunter2" "x": 1\n  }\n}');
  const fault = await faultOf(loadSettings(io, file));
  expect(fault).toBeInstanceOf(UsageFault);
  expect(fault.message).toContain(`${file} is no JSON: look at line 3, column 25`);
  expect(inspect(fault)).not.toContain('hunter2');
});

test.each(['{}', 'null', '{"Values":null}', '{"Values":"x"}'])(
  'a settings file without values is refused: %s',
  async (content) => {
    const fault = await faultOf(loadSettings(io, await settingsFile(content)));
    expect(fault.message).toContain('has no "Values"');
  },
);

test('a settings file that is not there is told with the reason', async () => {
  const fault = await faultOf(loadSettings(io, join(tmpdir(), 'nowhere', 'local.settings.json')));
  expect(fault.message).toContain('cannot be read: ENOENT');
  expect(fault.cause).toMatchObject({ code: 'ENOENT' });
});
