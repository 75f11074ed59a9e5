import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLiteral, matchesAny, matchesWildcard } from '../../../src/escrow/model/wildcard.ts';

test.each([
  ['*', '', true],
  ['*', 'anything', true],
  ['', '', true],
  ['', 'a', false],
  ['tmp-*', 'tmp-', true],
  ['tmp-*', 'TMP-1', true],
  ['tmp-*', 'my-tmp-1', false],
  ['*-tmp', 'a-tmp', true],
  ['*-tmp', 'a-tmp-b', false],
  ['k?y', 'key', true],
  ['k?y', 'ky', false],
  ['k?y', 'keey', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['**', 'x', true],
  ['?', '', false],
  ['SIGNING', 'signing', true],
])('the pattern "%s" on "%s" gives %s', (pattern, name, expected) => {
  expect(matchesWildcard(pattern, name)).toBe(expected);
});

test('a wildcard matches as the regular expression that it stands for', () => {
  const letters = fc.array(fc.constantFrom('a', 'B', '-', '1'), { maxLength: 10 }).map((parts) => parts.join(''));
  const pattern = fc.array(fc.constantFrom('a', 'b', '-', '*', '?'), { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, letters, (wildcard, name) => {
      const expression = new RegExp(`^${wildcard.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
      expect(matchesWildcard(wildcard, name)).toBe(expression.test(name));
    }),
    { numRuns: 3000 },
  );
});

test('a hostile pattern costs no more than pattern times name', () => {
  const pattern = `${'*a'.repeat(60)}b`;
  const before = process.cpuUsage();
  expect(matchesWildcard(pattern, 'a'.repeat(127))).toBe(false);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(1000);
});

test('one of several patterns is enough, and none matches nothing', () => {
  expect(matchesAny(['x-*', 'sign*'], 'signing')).toBe(true);
  expect(matchesAny([], 'signing')).toBe(false);
});

test('only a pattern without wildcards names one key', () => {
  expect(['signing', 'sign*', 'sign?ng'].map(isLiteral)).toEqual([true, false, false]);
});
