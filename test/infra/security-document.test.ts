import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('every row of docs/security.md about a stolen identity names tests that are there', async () => {
  const document = await readFile(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const table = /<!-- stolen identities.*-->\n([\s\S]*?)\n\n/.exec(document)?.[1] ?? '';
  const rows = table.split('\n').slice(2);
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) {
    const shownBy = row.split('|').at(-2) ?? '';
    const tests = [...shownBy.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect([row, tests.length > 0]).toEqual([row, true]);
    for (const name of tests)
      expect([name, existsSync(new URL(`../${name}.test.ts`, import.meta.url))]).toEqual([name, true]);
  }
});
