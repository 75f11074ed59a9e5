import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clockFaults, readTestSources } from './support/clock-rules.ts';
import { useTestFolder } from './support/temporary-folder.ts';

const clock = "import { now } from './support/now.ts';";
const azure = "import { startTestAzure } from './support/local-azure.ts';";

/** What is said of one file, the path left out. */
function faultsIn(...lines: readonly string[]): string[] {
  return clockFaults(new Map([['test/some.test.ts', lines.join('\n')]])).map((fault) =>
    fault.replace('test/some.test.ts:', ''),
  );
}

test('no test depends on the hour, the date, the time zone, or on how long it takes', () => {
  const sources = new Map(readTestSources());
  sources.delete('test/clock-rules.test.ts');
  expect(sources.size).toBeGreaterThan(100);
  expect(clockFaults(sources)).toEqual([]);
});

describe('a test may not', () => {
  test('read the clock, but in the one place for it', async () => {
    const folder = await useTestFolder();
    cpSync('biome.json', join(folder, 'biome.json'));
    cpSync('biome-plugins', join(folder, 'biome-plugins'), { recursive: true });
    const lines = ['export const a = Date.now();', 'export const b = new Date();', 'export const c = new Date;'];
    for (const file of ['test/some.test.ts', 'test/support/now.ts']) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), lines.join('\n'));
    }
    const { stdout } = spawnSync(
      resolve('node_modules/.bin/biome'),
      ['lint', '--only=plugin', '--vcs-enabled=false', '--reporter=json', '.'],
      { cwd: folder, encoding: 'utf8' },
    );
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { location: { path: string; start: { line: number } } }[];
    };
    expect(diagnostics.map(({ location }) => `${location.path}:${location.start.line}`)).toEqual([
      'test/some.test.ts:1',
      'test/some.test.ts:2',
      'test/some.test.ts:3',
    ]);
  });

  test.each([
    'at.getHours()',
    'at.setDate(1)',
    'at.toLocaleTimeString()',
    'new Date(year, 10, 24)',
    "new Date('2026-11-24T02:00:00')",
    "Date.parse('2026-11-24T02:00')",
  ])('ask for local time: %s', (line) => {
    expect(faultsIn(line)).toEqual(['1 depends on the time zone: take UTC']);
  });

  test.each([
    "const at = new Date('2026-11-24T02:00:00Z');",
    "const runId = '20261124T020000Z';",
    "const day = '2099-01-01';",
    'const at = Date.UTC(2026, 10, 24);',
    "const date = 'Tue, 24 Nov 2026 14:00:00 GMT';",
  ])('fix a date where services are real: %s', (line) => {
    for (const real of [clock, azure]) {
      expect(faultsIn(real, line)).toEqual(['2 fixes a date where services are real: take test/support/now.ts']);
    }
    expect(faultsIn(line)).toEqual([]);
  });

  test('claim that something was fast', () => {
    expect(faultsIn('expect(performance.now() - before).toBeLessThan(100);')).toHaveLength(1);
    expect(faultsIn('expect(performance.now() - before).toBeGreaterThan(100);')).toEqual([]);
  });
});

describe('a fixed date is found', () => {
  const dated = "export const at = '20261124T020000Z';";
  const found = (files: Readonly<Record<string, string>>) => clockFaults(new Map(Object.entries(files)));

  test('in what a test with real services imports, however far', () => {
    const files = {
      'test/real.test.ts': `${azure}\nimport { at } from './support/near.ts';`,
      'test/support/near.ts': "export { at } from './far.ts';",
      'test/support/far.ts': dated,
    };
    expect(found(files)).toEqual([expect.stringMatching(/^test\/support\/far.ts:1 fixes a date/)]);
  });

  test('through a late import and through the local Azure', () => {
    const files = {
      'test/real.test.ts': `await import('./support/start.ts');\n${dated}`,
      'test/support/start.ts': "import { startLocalAzure } from '../../local-azure/local-azure.ts';",
    };
    expect(found(files)).toEqual([expect.stringMatching(/^test\/real.test.ts:2 fixes a date/)]);
  });

  test('not through a type', () => {
    expect(found({ 'test/pure.test.ts': `import type { A } from './support/local-azure.ts';\n${dated}` })).toEqual([]);
  });
});

test('a fixed date may stand with its reason, and so may what is no date', () => {
  expect(faultsIn(azure, "const at = '2026-11-24'; // fixed date: a name, nobody reads it")).toEqual([]);
  expect(faultsIn(azure, '// fixed date: a name, nobody reads it', "const at = '2026-11-24';")).toEqual([]);
  expect(faultsIn(azure, '// fixed dates: names, nobody reads them', '', "const at = '2026-11-24';")).toEqual([]);
  expect(faultsIn(azure, '// fixed date:', "const at = '2026-11-24';")).toHaveLength(1);
  expect(faultsIn(azure, "get('?api-version=2019-08-01&sv=2026-01-01');", '// 2026-11-24', ' * 2026-11-24')).toEqual(
    [],
  );
});
