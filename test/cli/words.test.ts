import { describe, expect, test } from 'vitest';
import { suggest } from '../../src/app/suggestion.ts';
import { UsageFault } from '../../src/app/usage-fault.ts';
import { parseDuration, parseInstant, showAge } from '../../src/cli/options/instants.ts';
import { showDuration, showSize } from '../../src/cli/terminal/figures.ts';
import { startJsonStream } from '../../src/cli/terminal/json-stream.ts';
import { painter, print, say, sayLabelled } from '../../src/cli/terminal/print.ts';
import { withProgress } from '../../src/cli/terminal/progress.ts';
import { alignColumns } from '../../src/cli/terminal/table.ts';
import { count } from '../../src/escrow/model/count.ts';
import { type CliOptions, collectIo } from '../support/cli.ts';

const now = new Date('2026-11-24T12:00:00Z');

const terminal = (options: CliOptions = {}) => collectIo({ env: {}, isTTY: true, ...options });
const pipe = () => collectIo({ env: {} });

test('on a terminal only the styles of this program are colours: those in foreign text are shown as what they are', async () => {
  const { io, ended } = terminal();
  const foreign = 'a\u001b[31mb';
  const paint = painter(io);
  await print(io, `${paint('green', foreign)} ${foreign}`);
  expect(ended(0).stdout).toBe('\u001b[32ma\\u001b[31mb\u001b[39m a\\u001b[31mb\n');
});

describe('times', () => {
  test.each([
    ['2026-11-24', '2026-11-24T00:00:00.000Z'],
    ['2026-11-24T02:00Z', '2026-11-24T02:00:00.000Z'],
    // Without a zone it is UTC, whatever the desk's own zone is.
    ['2026-11-24T02:00', '2026-11-24T02:00:00.000Z'],
    ['2026-11-24T02:00:00+02:00', '2026-11-24T00:00:00.000Z'],
    ['90min', '2026-11-24T10:30:00.000Z'],
    ['7d', '2026-11-17T12:00:00.000Z'],
  ])('reads %s', (given, expected) => {
    expect(parseInstant(given, 'at', now).toISOString()).toBe(expected);
  });

  test('takes a day to its last moment where it is an end', () => {
    expect(parseInstant('2026-11-24', 'at', now, true).toISOString()).toBe('2026-11-24T23:59:59.999Z');
  });

  test.each([
    'yesterday',
    '11/24/2026',
    '2026-13-01',
    '2026-02-31',
    '2026-02-29T12:00:00Z',
    '2062-11-24',
    '2026-11-24T12:00:01Z',
    '7 days',
    '',
    '-3h',
  ])('refuses %j', (given) => {
    expect(() => parseInstant(given, 'since', now)).toThrow(UsageFault);
  });

  test('reads and shows durations', () => {
    expect(parseDuration('26h', 'max-age')).toBe(93_600_000);
    expect(() => parseDuration('26', 'max-age')).toThrow(UsageFault);
    expect([5_000, 600_000, 93_600_000, 864_000_000].map(showDuration)).toEqual(['5 s', '10 min', '26 h', '10 d']);
    expect(showAge(new Date('2026-11-24T03:00:00Z'), now)).toBe('2026-11-24T03:00:00Z (9 h ago)');
  });
});

describe('figures', () => {
  test('are shown for people', () => {
    expect([0, 999, 12_345, 4_200_000].map(showSize)).toEqual(['0 B', '999 B', '12.3 KB', '4.2 MB']);
    expect([count(1, 'key'), count(10_000, 'key')]).toEqual(['1 key', '10,000 keys']);
  });

  test('stand in columns, colours not counted', () => {
    expect(
      alignColumns(pipe().io, [
        ['a', '\u001b[31mred\u001b[39m', 'x'],
        ['long', 'b', ''],
      ]),
    ).toBe('a     \u001b[31mred\u001b[39m  x\nlong  b');
  });

  test('wrap the last column between words on a terminal, and put it below its row where a word would not fit', () => {
    const narrow = terminal({ columns: 40 }).io;
    const rows = [['key', 'one two three four five six seven']];
    expect(alignColumns(narrow, rows)).toBe('key  one two three four five six seven');
    expect(alignColumns(terminal({ columns: 32 }).io, rows)).toBe('key  one two three four five six\n     seven');
    const name = 'vaults/contoso-prod/signing/20261124T020000Z.keybackup';
    expect(alignColumns(narrow, [['2026-11-24T02:00:00Z', name]], '  ')).toBe(`  2026-11-24T02:00:00Z\n      ${name}`);
  });
});

describe('what was perhaps meant', () => {
  test('is a near miss or a beginning, best first', () => {
    expect(suggest('vault-nmae', ['vault-name', 'hsm-name'])).toEqual(['vault-name']);
    expect(suggest('lst', ['list', 'plan', 'status'])).toEqual(['list']);
    expect(suggest('TEN', ['tenant-01', 'tenant-02', 'signing'])).toEqual(['tenant-01', 'tenant-02']);
    expect(suggest('payments', ['signing'])).toEqual([]);
  });
});

describe('a command line in a message', () => {
  test("is the reader's own: named as they started the program, on its own line where it ends the message, never wrapped", () => {
    const { io, ended } = terminal({ columns: 40, program: 'npm run local --' });
    say(io, 'There is no such key. See what there is: `keyvault-escrow list --vault-name contoso-prod --name "a-*"`.');
    say(io, '  An older one (`keyvault-escrow list`) may do.');
    expect(ended(0).stderr.split('\n')).toEqual([
      'There is no such key. See what there is:',
      '  npm run local -- list --vault-name contoso-prod --name "a-*"',
      '  An older one (npm run local -- list)',
      '  may do.',
      '',
    ]);
  });
});

describe('a stream of JSON', () => {
  test.each([0, 1, 3])('is one object with an array of %i', async (items) => {
    const { io, ended } = pipe();
    const stream = startJsonStream(io, 'records');
    for (let item = 0; item < items; item++) await stream.item({ item });
    await stream.end({ counts: items });
    const { counts, records } = ended(0).json<{ counts: number; records: object[] }>();
    expect([counts, records.length]).toEqual([items, items]);
  });
});

describe('progress', () => {
  test('is a bar on a terminal, and goes away at the end', async () => {
    const { io, ended } = terminal();
    await withProgress(io, { noun: 'key', expected: 1 }, async ({ step }) => step());
    expect(ended(0).stderr).toBe('\r\u001b[2K[########################] 1 of 1 key\r\u001b[2K');
  });

  test('goes away where the work fails', async () => {
    const { io, ended } = terminal();
    const work = withProgress(io, { noun: 'key' }, async ({ step }) => {
      step();
      throw new Error('no access');
    });
    await expect(work).rejects.toThrow('no access');
    expect(ended(0).stderr).toBe('\r\u001b[2K1 key\r\u001b[2K');
  });

  test('counts one as one', async () => {
    const { io, ended } = terminal();
    await withProgress(io, { noun: 'key', verb: 'found' }, async ({ step }) => step());
    expect(ended(0).stderr).toBe('\r\u001b[2K1 key found\r\u001b[2K');
  });

  test('moves nothing about on a dumb terminal', async () => {
    const { io, ended } = terminal({ env: { TERM: 'dumb' } });
    await withProgress(io, { noun: 'key', verb: 'found', expected: 2000 }, async ({ step }) => {
      for (let key = 0; key < 2000; key++) step();
    });
    expect(ended(0).stderr).toBe('1,000 of 2,000 keys found\n2,000 of 2,000 keys found\n');
  });

  test('is a line per thousand elsewhere, and nothing for short work', async () => {
    const { io, ended } = pipe();
    await withProgress(io, { noun: 'record', verb: 'read' }, async ({ step }) => {
      for (let record = 0; record < 2_500; record++) step();
    });
    expect(ended(0).stderr).toBe('1,000 records read\n2,000 records read\n');
  });
});

test('a labelled message goes on below its text, not below its label', () => {
  const { io, ended } = terminal({ columns: 40 });
  sayLabelled(io, 'Note', 'the key is still there in vault "contoso-prod"; this makes a second copy.');
  expect(ended(0).stderr.split('\n')).toEqual([
    'Note:   the key is still there in vault',
    '        "contoso-prod"; this makes a',
    '        second copy.',
    '',
  ]);
});

test('a labelled message into a file is one line', () => {
  const { io, ended } = pipe();
  sayLabelled(io, 'Where', 'It can be restored to a vault in a subscription and a geography that are named.');
  expect(ended(0).stderr).toMatch(/^Where: {2}It can .* named\.\n$/);
});

test('a row that is too long by itself goes on further in than where rows begin', () => {
  const row = ['2026-11-28T08:30:55Z', '5 min ago', 'schedule', '7.2 KB', 'b60a6bc763dc', 'vaults/contoso-web/paused'];
  expect(alignColumns(terminal({ columns: 60 }).io, [row], '  ').split('\n')).toEqual([
    '  2026-11-28T08:30:55Z  5 min ago  schedule  7.2 KB',
    '      b60a6bc763dc',
    '      vaults/contoso-web/paused',
  ]);
});
