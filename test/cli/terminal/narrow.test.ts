import { expect, test } from 'vitest';
import { sayLabelled } from '../../../src/cli/terminal/print.ts';
import { alignColumns } from '../../../src/cli/terminal/table.ts';
import { collectIo } from '../../support/cli.ts';

const terminal = (columns: number) => collectIo({ isTTY: true, columns });

test('a labelled message goes on below its text, not below its label', () => {
  const { io, ended } = terminal(40);
  sayLabelled(io, 'Note', 'the key is still there in vault "contoso-prod"; this makes a second copy.');
  expect(ended(0).stderr.split('\n')).toEqual([
    'Note:   the key is still there in vault',
    '        "contoso-prod"; this makes a',
    '        second copy.',
    '',
  ]);
});

test('a labelled message into a file is one line', () => {
  const { io, ended } = collectIo({ columns: 40 });
  sayLabelled(io, 'Where', 'It can be restored to a vault in a subscription and a geography that are named.');
  expect(ended(0).stderr).toMatch(/^Where: {2}It can .* named\.\n$/);
});

test('a row that is too long by itself goes on further in than where rows begin', () => {
  const row = ['2026-11-28T08:30:55Z', '5 min ago', 'schedule', '7.2 KB', 'b60a6bc763dc', 'vaults/contoso-web/paused'];
  expect(alignColumns(terminal(60).io, [row], '  ').split('\n')).toEqual([
    '  2026-11-28T08:30:55Z  5 min ago  schedule  7.2 KB',
    '      b60a6bc763dc',
    '      vaults/contoso-web/paused',
  ]);
});
