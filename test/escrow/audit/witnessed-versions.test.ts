import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { WitnessCandidate, WitnessedVersions } from '../../../src/escrow/audit/witness.ts';
import { chooseWitnessed, thumbprintOf, witnessVersions } from '../../../src/escrow/audit/witness.ts';
import { OutOfTime } from '../../../src/escrow/model/service-error.ts';
import type { KeyVersion, PublicKey, SourceKey } from '../../../src/escrow/model/source-key.ts';
import type { KeySource } from '../../../src/escrow/ports/key-source.ts';
import { answered } from '../../support/answers.ts';
import { noLimit } from '../../support/escrow-sources.ts';

const now = new Date('2026-11-24T06:00:00Z');
const ec: PublicKey = { kty: 'EC', crv: 'P-256', x: 'the-x', y: 'the-y' };

/** Another way to the same: the canonical form of RFC 7638, written out. */
const ecThumbprint = createHash('sha256')
  .update('{"crv":"P-256","kty":"EC","x":"the-x","y":"the-y"}')
  .digest('base64url');

const key = (name: string, updatedAt?: Date): SourceKey => ({
  name,
  id: `https://contoso-prod.vault.azure.net/keys/${name}`,
  enabled: true,
  createdAt: undefined,
  updatedAt,
  certificateBacked: false,
});
const counted = (countedAt: string, more: Partial<WitnessedVersions> = {}): WitnessedVersions => ({
  count: 1,
  countedAt,
  witnesses: [],
  ...more,
});
const version = (name: string, createdAt?: string): KeyVersion => ({
  version: name,
  enabled: true,
  createdAt: createdAt === undefined ? undefined : new Date(createdAt),
  updatedAt: undefined,
});

/** A source of one key that notes which versions' public keys are read. */
function sourceOf(versions: readonly KeyVersion[], publicKeyOf: (version: string) => PublicKey = () => ec) {
  const read: string[] = [];
  const refused = () => Promise.reject(new Error('counting versions asks for nothing else'));
  const keys: KeySource = {
    source: { kind: 'vault', name: 'contoso-prod' },
    throttled: () => 0,
    // biome-ignore lint/correctness/useYield: nobody lists keys here
    async *listKeys() {
      throw new Error('counting versions lists no keys');
    },
    async *listVersions() {
      yield* versions;
    },
    async getPublicKey(_, name) {
      read.push(name ?? '');
      return publicKeyOf(name ?? '');
    },
    getKey: refused,
    backUpKey: refused,
  };
  return { keys, read };
}

describe('the thumbprint of an elliptic key', () => {
  test('is that of RFC 7638, wherever the key is kept', () => {
    expect(thumbprintOf(ec)).toBe(ecThumbprint);
    expect(thumbprintOf({ ...ec, kty: 'EC-HSM' })).toBe(ecThumbprint);
  });

  test.each(['crv', 'x', 'y'] as const)('is none without its "%s"', (member) => {
    const { [member]: _, ...rest } = ec;
    expect(thumbprintOf(rest)).toBeUndefined();
  });

  test('is none under another type of key', () => {
    for (const kty of ['RSA', 'OKP', 'oct', 'EC-HSM-2']) expect(thumbprintOf({ ...ec, kty })).toBeUndefined();
    expect(thumbprintOf({ kty: 'EC', n: 'n', e: 'AQAB' })).toBeUndefined();
  });
});

describe('whose turn it is', () => {
  const changed = new Date('2026-11-20T00:00:00Z');
  const chosen = (candidates: readonly WitnessCandidate[]) =>
    chooseWitnessed(candidates).map(({ key: { name } }) => name);

  test('keys never counted come first, then changed ones, then those counted longest ago', () => {
    const same = { ofUpdatedAt: changed.toISOString() };
    const candidates: WitnessCandidate[] = [
      { key: key('counted-lately', changed), known: counted('2026-11-22T06:00:00Z', same) },
      { key: key('counted-long-ago', changed), known: counted('2026-10-01T06:00:00Z', same) },
      { key: key('changed-lately', changed), known: counted('2026-11-23T06:00:00Z', { ofUpdatedAt: 'before' }) },
      { key: key('changed', changed), known: counted('2026-11-21T06:00:00Z') },
      { key: key('new'), known: undefined },
      { key: key('also-new'), known: undefined },
    ];
    expect(chosen(candidates)).toEqual(['also-new', 'new', 'changed', 'changed-lately', 'counted-long-ago']);
  });

  test('a key whose change nobody tells has not changed', () => {
    const untold = { key: key('untold'), known: counted('2026-11-23T06:00:00Z') };
    const others = Array.from({ length: 5 }, (_, index) => ({
      key: key(`older-${index}`, changed),
      known: counted('2026-11-22T06:00:00Z', { ofUpdatedAt: changed.toISOString() }),
    }));
    expect(chosen([untold, ...others])).not.toContain('untold');
  });

  test('of keys that are equal it is the first names’, so that the next audit goes on from there', () => {
    const names = ['f', 'b', 'd', 'a', 'e', 'c'];
    const candidates = names.map((name) => ({ key: key(name), known: counted('2026-11-22T06:00:00Z') }));
    expect(chosen(candidates)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(candidates.map(({ key: { name } }) => name)).toEqual(names);
  });
});

describe('the versions of a key', () => {
  test('are counted and witnessed, oldest first, those without a time before all', async () => {
    const listed = [
      version('third', '2026-03-01T00:00:00Z'),
      version('first', '2026-01-01T00:00:00Z'),
      version('untold'),
      version('second', '2026-02-01T00:00:00Z'),
    ];
    const { keys } = sourceOf(listed);
    const updatedAt = new Date('2026-03-02T00:00:00Z');
    expect(await witnessVersions(keys, { key: key('signing', updatedAt), known: undefined }, now, noLimit)).toEqual({
      count: 4,
      countedAt: now.toISOString(),
      ofUpdatedAt: updatedAt.toISOString(),
      witnesses: ['untold', 'first', 'second', 'third'].map((name) => ({ version: name, thumbprint: ecThumbprint })),
    });
  });

  test('are read once: what was witnessed is kept, what was refused is asked again, what is gone is dropped', async () => {
    const { keys, read } = sourceOf([
      version('old', '2026-01-01T00:00:00Z'),
      version('refused', '2026-02-01T00:00:00Z'),
      version('new', '2026-03-01T00:00:00Z'),
      version('symmetric', '2026-04-01T00:00:00Z'),
    ]);
    const known = counted('2026-10-01T06:00:00Z', {
      count: 9,
      ofUpdatedAt: 'before',
      witnesses: [
        { version: 'gone', thumbprint: 'of a version that is no longer listed' },
        { version: 'old', thumbprint: 'as it was witnessed' },
        { version: 'refused', unread: true },
        { version: 'symmetric' },
      ],
    });
    expect(await witnessVersions(keys, { key: key('signing'), known }, now, noLimit)).toEqual({
      count: 4,
      countedAt: now.toISOString(),
      witnesses: [
        { version: 'old', thumbprint: 'as it was witnessed' },
        { version: 'refused', thumbprint: ecThumbprint },
        { version: 'new', thumbprint: ecThumbprint },
        { version: 'symmetric' },
      ],
    });
    expect(read).toEqual(['refused', 'new']);
  });

  test('of a symmetric key are their ids alone', async () => {
    const { keys } = sourceOf([version('only')], () => ({ kty: 'oct-HSM' }));
    const { witnesses } = await witnessVersions(keys, { key: key('wrap'), known: undefined }, now, noLimit);
    expect(witnesses).toEqual([{ version: 'only' }]);
  });

  const answer = (statusCode: number) => answered('Key Vault', { code: 'No', statusCode });

  test.each([403, 404])(
    'are without a thumbprint where the service answers %i, and the others are read',
    async (status) => {
      const { keys } = sourceOf([version('a', '2026-01-01'), version('b', '2026-01-02')], (name) => {
        if (name === 'a') throw answer(status);
        return ec;
      });
      const { count, witnesses } = await witnessVersions(keys, { key: key('signing'), known: undefined }, now, noLimit);
      expect([count, witnesses]).toEqual([
        2,
        [
          { version: 'a', unread: true },
          { version: 'b', thumbprint: ecThumbprint },
        ],
      ]);
    },
  );

  test.each([
    ['500', answer(500)],
    ['429', answer(429)],
    ['no answer', answered('Key Vault', { code: 'NoAnswer' })],
    ['the end of the time', new OutOfTime()],
  ])('are not counted at all after %s', async (_, error) => {
    const { keys } = sourceOf([version('a')], () => {
      throw error;
    });
    await expect(witnessVersions(keys, { key: key('signing'), known: undefined }, now, noLimit)).rejects.toBe(error);
  });
});
