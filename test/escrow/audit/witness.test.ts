import { expect, test } from 'vitest';
import { thumbprintOf, witnessBudget } from '../../../src/escrow/audit/witness.ts';

// The example of RFC 7638, section 3.1.
const n =
  '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
const thumbprint = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';

test('a thumbprint is that of RFC 7638, wherever the key is kept', () => {
  expect(thumbprintOf({ kty: 'RSA', n, e: 'AQAB' })).toBe(thumbprint);
  expect(thumbprintOf({ kty: 'RSA-HSM', n, e: 'AQAB' })).toBe(thumbprint);
});

test('a symmetric key, or an answer without its public part, has no thumbprint', () => {
  expect(thumbprintOf({ kty: 'oct-HSM' })).toBeUndefined();
  expect(thumbprintOf({ kty: 'RSA', n })).toBeUndefined();
  expect(thumbprintOf({ kty: 'EC', crv: 'P-256', x: 'x' })).toBeUndefined();
});

test('every key has its turn within a month', () => {
  for (const keys of [1, 5, 29, 300, 1001]) expect(witnessBudget(keys) * 30).toBeGreaterThanOrEqual(keys);
  expect(witnessBudget(3000)).toBe(100);
});
