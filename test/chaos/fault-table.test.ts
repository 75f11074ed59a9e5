import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { commandFaults } from './command-faults.ts';
import { namedFaults } from './fault-matrix.ts';
import { withFaultTable } from './fault-table.ts';

test('docs/security.md names every fault, with what the product does about it (node test/chaos/fault-table.ts writes it)', async () => {
  const document = await readFile(new URL('../../docs/security.md', import.meta.url), 'utf8');
  expect(document).toBe(withFaultTable(document));
  const names = [...namedFaults, ...commandFaults].map(({ where, name }) => `${where}: ${name}`);
  expect(new Set(names).size).toBe(names.length);
});
