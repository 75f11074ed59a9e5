import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { useFolder } from './support/temporary-folder.ts';

const upwards: Readonly<Record<string, readonly string[]>> = {
  'src/escrow/model/one.ts': [
    ...['@azure/identity', '@azure/functions', '../../azure/http/clock.ts', '../../functions/nightly.ts'],
    ...['../../cli/main.ts', '../../store/blob-container.ts', '../../app/settings.ts', '../../main.ts'],
    ...['node:process', 'node:timers/promises', 'node:fs/promises', '../../../test/support/nightly.ts'],
    '../../../local-azure/local-azure.ts',
  ],
  'src/azure/client.ts': ['../store/blob-container.ts', '../app/services.ts', '../cli/main.ts'],
  'src/store/one.ts': [
    ...['../azure/key-vault/key-client.ts', '../azure/credential.ts', '../app/services.ts', '../cli/main.ts'],
  ],
  'src/app/host-json.ts': ['./settings.ts', '@azure/identity'],
  'src/app/one.ts': [
    ...['../functions/nightly.ts', '../cli/main.ts', '../main.ts', '../../test/support/nightly.ts'],
    '../../local-azure/local-azure.ts',
  ],
  'src/functions/nightly.ts': [
    ...['../azure/http/clock.ts', '@azure/storage-blob', '@azure/identity', '@azure/keyvault-keys'],
    ...['../store/blob-container.ts', '../app/operator-services.ts', '../cli/main.ts', '../escrow/run/source-run.ts'],
    '../../local-azure/local-azure.ts',
  ],
  'src/cli/main.ts': [
    ...['../azure/http/clock.ts', '../store/blob-container.ts', '@azure/identity', '../functions/nightly.ts'],
    ...['../escrow/records/stored-record.ts', '../../escrow/restore/restore-step.ts'],
    '../../local-azure/local-azure.ts',
  ],
  'src/main.ts': ['./app/operator-services.ts', './azure/http/clock.ts', '@azure/core-auth', './store/one.ts'],
  'local-azure/storage/one.ts': [
    ...['../../src/azure/http/connection.ts', '../demonstration/progress.ts', '../../test/support/nightly.ts'],
  ],
  'scripts/bill-of-materials.ts': ['../src/app/settings.ts', '../test/support/nightly.ts'],
};
const downwards: typeof upwards = {
  'src/azure/other.ts': ['../escrow/model/source.ts', '@azure/keyvault-keys'],
  'src/store/other.ts': ['../escrow/ports/escrow-store.ts', '../azure/http/storage-calls.ts'],
  'src/app/other.ts': ['../store/blob-container.ts', '../azure/credential.ts', '../escrow/model/source.ts'],
  'src/functions/other.ts': [
    ...['../app/services.ts', '../escrow/model/source.ts', '../escrow/ports/escrow-events.ts', '@azure/functions'],
  ],
  'src/cli/other.ts': ['../app/operator-services.ts', '../escrow/model/source.ts', '../escrow/ports/conflict-wait.ts'],
  'local-azure/storage/other.ts': ['../network/loopback.ts', '@azure/storage-queue'],
  'local-azure/demonstration/start.ts': ['../../src/app/settings.ts', '@azure/functions', '../local-azure.ts'],
};
const forms = [
  (specifier: string) => `import '${specifier}';`,
  (specifier: string) => `import type { One } from '${specifier}';`,
  (specifier: string) => `export { one } from '${specifier}';`,
  (specifier: string) => `await import('${specifier}');`,
];

const folder = await useFolder();
/** `file:line` of every import that the linter refuses. */
let refused: ReadonlySet<string>;

beforeAll(() => {
  cpSync('biome.json', join(folder, 'biome.json'));
  cpSync('biome-plugins', join(folder, 'biome-plugins'), { recursive: true });
  for (const [file, specifiers] of Object.entries({ ...upwards, ...downwards })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(
      join(folder, file),
      specifiers.flatMap((specifier) => forms.map((form) => form(specifier))).join('\n'),
    );
  }
  const only = ['--only=style/noRestrictedImports', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=json'];
  const { stdout } = spawnSync(resolve('node_modules/.bin/biome'), ['lint', ...only, '.'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { location: { path: string; start: { line: number } } }[];
  };
  refused = new Set(diagnostics.map(({ location }) => `${location.path}:${location.start.line}`));
});

function linesOf(file: string, specifiers: readonly string[], at: number): string[] {
  return forms.map((_form, index) => `${file}:${at * forms.length + index + 1} ${specifiers[at]}`);
}

function refusedOf(files: typeof upwards): { readonly all: string[]; readonly refused: string[] } {
  const all = Object.entries(files).flatMap(([file, specifiers]) =>
    specifiers.flatMap((_one, at) => linesOf(file, specifiers, at)),
  );
  return { all, refused: all.filter((line) => refused.has(line.split(' ')[0] ?? '')) };
}

test('no floor imports from a floor above, be it a value, a type, an export or late', () => {
  const { all, refused: found } = refusedOf(upwards);
  expect(found).toEqual(all);
});

test('every floor imports from those below', () => {
  expect(refusedOf(downwards).refused).toEqual([]);
});

// Within the domain too: each folder imports from those before it; an audit goes from its inputs over the checks to the document.
const floors =
  'model ports records coverage write-once request run audit/inputs audit/checks audit/document audit restore drill page';
const domainFloors = floors.split(' ');

test('no folder of the domain imports from a folder above', () => {
  const files = globSync('src/escrow/**/*.ts');
  const floorOf = (path: string): number => domainFloors.indexOf(relative('src/escrow', dirname(path)));
  const upward = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/from '(\..*?)'/g)]
      .map(([, specifier = '']) => join(dirname(file), specifier))
      .filter((imported) => floorOf(imported) > floorOf(file))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(new Set(files.map(floorOf))).toEqual(new Set(domainFloors.keys()));
  expect(upward).toEqual([]);
});
