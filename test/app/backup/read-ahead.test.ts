import { expect, test } from 'vitest';
import { readAhead } from '../../../src/app/backup/read-ahead.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { createScriptedKeySource } from '../../support/scripted-key-source.ts';

const source = escrowSource('vault', 'contoso-prod');
const pages = [[{ name: 'a' }, { name: 'b' }], [], [{ name: 'c' }]];

function readingAhead(failsAtPage?: number, deadline = noLimit) {
  const said: (readonly [number, boolean])[] = [];
  const complete = Promise.withResolvers<void>();
  const scripted = createScriptedKeySource({ source, pages, ...(failsAtPage !== undefined && { failsAtPage }) });
  const keys = readAhead(scripted, deadline, (total, isComplete) => {
    said.push([total, isComplete]);
    if (isComplete) complete.resolve();
  });
  return { keys, said, complete: complete.promise };
}

const namesOf = (keys: ReturnType<typeof readAhead>) => Array.fromAsync(keys.listKeys(noLimit), ({ name }) => name);

test('a listing goes on though nobody takes its keys yet, and reports how many there are', async () => {
  const { keys, said, complete } = readingAhead();
  await complete;
  expect(said).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [3, true],
  ]);
  expect(await namesOf(keys)).toEqual(['a', 'b', 'c']);
});

test('a listing whose keys are taken as they come gives each of them once', async () => {
  expect(await namesOf(readingAhead().keys)).toEqual(['a', 'b', 'c']);
});

test('a listing that fails gives what it had before, and then its failure', async () => {
  const { keys, said } = readingAhead(2);
  const names: string[] = [];
  const reading = Array.fromAsync(keys.listKeys(noLimit), ({ name }) => names.push(name));
  await expect(reading).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  expect([names, said.at(-1)]).toEqual([
    ['a', 'b'],
    [2, false],
  ]);
});

test('a listing ends with the time that it was given', async () => {
  const { keys } = readingAhead(undefined, AbortSignal.abort());
  await expect(namesOf(keys)).rejects.toMatchObject({ name: 'OutOfTime' });
});
