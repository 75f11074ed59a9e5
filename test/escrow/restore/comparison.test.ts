import { describe, expect, test } from 'vitest';
import type { WitnessedVersion, WitnessedVersions } from '../../../src/escrow/records/audit-document.ts';
import { compareKey, type KeyReference } from '../../../src/escrow/restore/comparison.ts';
import type { SeenVersion, SeenVersions } from '../../../src/escrow/restore/key-versions.ts';
import { recordOfSigning } from '../../support/stored-record.ts';

const record = recordOfSigning({ night: '2026-11-24' });
const longAgo = '2026-01-01T00:00:00Z';
const sinceTheAudit = '2026-11-24T08:00:00Z';
const now = new Date('2026-11-24T12:00:00Z');

/** Versions by id: the public key, `symmetric` or `hidden`; made long ago by default. */
function versions(keys: Record<string, string>, createdAt = longAgo): SeenVersions {
  const seen = (key: string): SeenVersion => ({
    createdAt: new Date(createdAt),
    ...(key === 'symmetric'
      ? { without: 'publicPart' }
      : key === 'hidden'
        ? { without: 'permission' }
        : { thumbprint: key }),
  });
  return new Map(Object.entries(keys).map(([version, key]) => [version, seen(key)]));
}

const both = (...parts: readonly SeenVersions[]): SeenVersions => new Map(parts.flatMap((part) => [...part]));

/** As the audit of 06:00 saw the key. */
function known(keys: Record<string, string | undefined>, more: Partial<WitnessedVersion> = {}): WitnessedVersions {
  const all = Object.entries(keys).map(([version, thumbprint]) => ({
    version,
    ...(thumbprint && { thumbprint }),
    createdAt: longAgo,
    ...more,
  }));
  return { listedAt: '2026-11-24T06:00:00Z', known: all };
}

const source = (seen: SeenVersions): KeyReference => ({ source: { versions: seen, listedAt: now } });
const judge = (came: SeenVersions, reference: KeyReference, of = record, name = 'Signing') =>
  compareKey(of, { name, versions: came }, reference);

describe('what came back', () => {
  test('is the key by the public keys of its source, else by what an audit saw', () => {
    const came = versions({ a: 'A', b: 'B' });
    const bySource = judge(came, source(versions({ a: 'A', b: 'B' })));
    expect([bySource.verdict, bySource.versions.map(({ proof }) => proof)]).toEqual([
      'same',
      ['publicKey', 'publicKey'],
    ]);
    const byWitness = judge(came, { known: known({ a: 'A', b: 'B' }) });
    expect([byWitness.verdict, byWitness.versions.map(({ proof }) => proof)]).toEqual(['same', ['witness', 'witness']]);
  });

  test('is another key by its name, whatever its versions', () => {
    const { verdict, reasons } = judge(versions({ a: 'A' }), source(versions({ a: 'A' })), record, 'alpha');
    expect([verdict, reasons]).toEqual(['stranger', ['it is key "alpha"']]);
  });

  test.each([
    ['an audit', { known: known({ a: 'A' }) }],
    ['its source', source(versions({ a: 'A' }))],
  ])('is a stranger where a version is older than its last listing by %s and not in it', (_who, reference) => {
    expect(judge(versions({ x: 'X' }), reference).verdict).toBe('stranger');
    // A genuine key with one version more, made in a stranger's vault.
    const more = both(versions({ a: 'A' }), versions({ x: 'X' }, '2026-11-24T05:00:00Z'));
    expect(judge(more, reference)).toMatchObject({
      verdict: 'stranger',
      reasons: [expect.stringContaining('version x is not among its versions as they were listed')],
    });
  });

  test('is a stranger whatever time its record says', () => {
    const claims = recordOfSigning({ metadata: { backedupat: '1970-01-01T00:00:00Z' } });
    expect(judge(versions({ x: 'X' }), { known: known({ a: 'A' }) }, claims).verdict).toBe('stranger');
    expect(judge(versions({ x: 'X' }), source(versions({ a: 'A' })), claims).verdict).toBe('stranger');
  });

  test('is unproven where a version is younger than the last listing', () => {
    const came = both(versions({ a: 'A' }), versions({ b: 'B' }, sinceTheAudit));
    expect(judge(came, { known: known({ a: 'A' }) })).toMatchObject({
      verdict: 'unproven',
      reasons: [expect.stringContaining('version b is younger than the last listing')],
    });
  });

  test('is unproven where nobody ever looked, and that is said once', () => {
    const { verdict, reasons } = judge(versions({ a: 'A', b: 'B' }), {});
    expect([verdict, reasons]).toEqual(['unproven', [expect.stringContaining('nothing to compare with')]]);
  });

  test('is a stranger where all of it was made after the record: another key, that took the name since', () => {
    const replaced = versions({ z: 'Z' }, sinceTheAudit);
    const both = [...known({ a: 'A' }).known, ...known({ z: 'Z' }, { createdAt: sinceTheAudit }).known];
    const { verdict, reasons } = judge(replaced, { known: { known: both, listedAt: now.toISOString() } });
    expect([verdict, reasons]).toEqual(['stranger', [expect.stringContaining('after the record')]]);
    // A desk whose clock is behind: the vault's own time counts too.
    const behind = recordOfSigning({ createdAt: new Date('2026-11-24T01:00:00Z') });
    expect(judge(versions({ a: 'A' }, '2026-11-24T02:00:00Z'), source(versions({ a: 'A' })), behind).verdict).toBe(
      'same',
    );
  });

  test('is judged by the audit alone where its source has another key by now, made after the record', () => {
    const made = source(versions({ z: 'Z' }, '2026-11-24T09:00:00Z'));
    expect(judge(versions({ a: 'A' }), { ...made, known: known({ a: 'A' }) }).verdict).toBe('same');
    expect(judge(versions({ a: 'A' }), made).verdict).toBe('unproven');
  });

  test.each([
    ['source', source(versions({ a: 'A' }))],
    ['audit', { known: known({ a: 'A' }) }],
  ])('is a stranger under a version id with another public key (%s)', (_by, reference) => {
    expect(judge(versions({ a: 'X' }), reference).verdict).toBe('stranger');
    expect(judge(versions({ a: 'symmetric' }), reference).verdict).toBe('stranger');
  });

  test('is the key by its ids alone only where there is no public key', () => {
    const symmetric = judge(versions({ a: 'symmetric' }), { known: known({ a: undefined }) });
    expect([symmetric.verdict, symmetric.versions[0]?.proof]).toEqual(['same', 'versionId']);
    expect(judge(versions({ a: 'hidden' }), { known: known({ a: 'A' }) }).verdict).toBe('unproven');
    expect(judge(versions({ a: 'A' }), { known: known({ a: undefined }) }).verdict).toBe('unproven');
    expect(judge(versions({ a: 'A' }), source(versions({ a: 'symmetric' }))).verdict).toBe('stranger');
  });

  test('shows a version, or is unproven', () => {
    expect(judge(new Map(), { known: known({ a: 'A' }) }).verdict).toBe('unproven');
    expect(judge(new Map(), {}).reasons).toEqual(['it shows no version']);
  });
});

describe('what is missing', () => {
  test('makes it an older state than its record says', () => {
    const lacks = { verdict: 'lacking', reasons: ['version b, which was there when it was backed up, is missing'] };
    const older = versions({ a: 'A' });
    expect(judge(older, source(versions({ a: 'A', b: 'B' })))).toMatchObject(lacks);
    expect(judge(older, { known: known({ a: 'A', b: 'B' }) })).toMatchObject(lacks);
  });

  test('is nothing where it was made after the backup', () => {
    const rotated = both(versions({ a: 'A' }), versions({ b: 'B' }, sinceTheAudit));
    expect(judge(versions({ a: 'A' }), source(rotated)).verdict).toBe('same');
    const before = known({ a: 'A' });
    const audited = { ...before, known: [...before.known, ...known({ b: 'B' }, { createdAt: sinceTheAudit }).known] };
    expect(judge(versions({ a: 'A' }), { known: audited }).verdict).toBe('same');
  });

  test('is nothing where it was made between the backup and its record', () => {
    const slow = recordOfSigning({ night: '2026-11-24', createdAt: new Date('2026-11-24T02:30:00Z') });
    const rotated = both(versions({ a: 'A' }), versions({ b: 'B' }, '2026-11-24T02:10:00Z'));
    expect(judge(versions({ a: 'A' }), source(rotated), slow).verdict).toBe('same');
  });

  test('is nothing where it was gone before the backup, or of the key that had the name before', () => {
    const gone = known({ b: 'B' }, { createdAt: '2026-06-01T00:00:00Z', missingSince: '2026-10-01T00:00:00Z' });
    const rolledBack = { ...gone, known: [...gone.known, ...known({ a: 'A' }).known] };
    expect(judge(versions({ a: 'A' }), { known: rolledBack }).verdict).toBe('same');
    const replaced = known({ b: 'B' }, { createdAt: '2025-01-01T00:00:00Z' });
    const afterwards = { ...replaced, known: [...replaced.known, ...known({ a: 'A' }).known] };
    expect(judge(versions({ a: 'A' }), { known: afterwards }).verdict).toBe('same');
  });

  test('keeps a late record from being proven, whose time only it says', () => {
    const late = recordOfSigning({
      createdAt: new Date('2026-12-01T00:00:00Z'),
      metadata: { backedupat: '1970-01-01T00:00:00Z' },
    });
    expect(judge(versions({ a: 'A' }), { known: known({ a: 'A', b: 'B' }) }, late).verdict).toBe('unproven');
    expect(judge(versions({ a: 'A', b: 'B' }), { known: known({ a: 'A', b: 'B' }) }, late).verdict).toBe('same');
    const since = both(versions({ a: 'A' }), versions({ b: 'B' }, '2026-12-02T00:00:00Z'));
    expect(judge(versions({ a: 'A' }), source(since), late).verdict).toBe('same');
  });
});
