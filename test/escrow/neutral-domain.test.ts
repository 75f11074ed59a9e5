import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Code without its comments, by file. */
const domain = new Map(
  globSync('src/escrow/**/*.ts').map((file) => [
    file,
    readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''),
  ]),
);

function linesWith(words: RegExp): string[] {
  return [...domain].flatMap(([file, code]) =>
    code.split('\n').flatMap((line) => (words.test(line) ? [`${file}: ${line.trim()}`] : [])),
  );
}

test('the domain decides by what an answer means, never by a status or by a code of a service', () => {
  expect(domain.size).toBeGreaterThan(60);
  const tables = readFileSync('src/azure/http/failure-kind-of.ts', 'utf8');
  const codes = [...tables.matchAll(/'([A-Z][a-z]+[A-Z][A-Za-z]+)'/g)].map(([, code]) => code);
  expect(codes).toContain('BlobArchived');
  expect(codes).toContain('ForbiddenByRbac');
  expect(linesWith(new RegExp(`'(${codes.join('|')})'`))).toEqual([]);
  expect(linesWith(/statusCode\s*(\?\?\s*\d+\s*)?[!=<>]=+\s*\d|includes\([^)]*statusCode|[!=]==\s*[45]\d\d\b/)).toEqual(
    [],
  );
});

test('no sentence is cut apart again to get at its parts', () => {
  // A reason that is too long is capped, and the command lines in a remedy are set as code: neither looks for a part.
  const cuts =
    /\b(message|sentence|reason|remedy|headline)\.(slice\((?!0, max)|split\((?!'`')|match\(|endsWith\(|startsWith\(|indexOf\()/;
  expect(linesWith(cuts)).toEqual([]);
  expect('message.slice(0, message.length - remedy.length)').toMatch(cuts);
  expect(`message.split('"')[1]`).toMatch(cuts);
});
