import { describe, expect, test } from 'vitest';
import type { SeenVersion } from '../../../src/escrow/drill/drill-comparison.ts';
import { compareVersions } from '../../../src/escrow/drill/drill-comparison.ts';
import type { WitnessedVersions } from '../../../src/escrow/records/audit-document.ts';
import { recordOfSigning } from '../../support/stored-record.ts';

const record = recordOfSigning();
const long = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-11-24T09:00:00Z');

function versions(thumbprints: Record<string, string | undefined>, createdAt = long): Map<string, SeenVersion> {
  return new Map(
    Object.entries(thumbprints).map(([id, thumbprint]) => [id, { createdAt, ...(thumbprint && { thumbprint }) }]),
  );
}

function witness(thumbprints: Record<string, string>, listedAt: string): WitnessedVersions {
  return { listedAt, known: Object.entries(thumbprints).map(([version, thumbprint]) => ({ version, thumbprint })) };
}

describe('what a drill brought back', () => {
  test('is proven by the public keys of the source', () => {
    const source = versions({ a: 'A', b: 'B' });
    expect(compareVersions(record, versions({ a: 'A', b: 'B' }), { source })).toEqual({
      versions: [
        { version: 'a', thumbprint: 'A', proof: 'publicKey' },
        { version: 'b', thumbprint: 'B', proof: 'publicKey' },
      ],
      faults: [],
    });
  });

  test('need not hold a version that was made after the backup', () => {
    const source = new Map([...versions({ a: 'A' }), ...versions({ c: 'C' }, later)]);
    expect(compareVersions(record, versions({ a: 'A' }), { source }).faults).toEqual([]);
  });

  test('lacks a version that was there', () => {
    const { faults } = compareVersions(record, versions({ a: 'A' }), { source: versions({ a: 'A', b: 'B' }) });
    expect(faults).toEqual(['version b, which was there when it was backed up, is missing']);
  });

  test('is another key under the same version id', () => {
    const { faults } = compareVersions(record, versions({ a: 'X' }), { source: versions({ a: 'A' }) });
    expect(faults).toEqual(['version a has the public key X, in its source it is A']);
  });

  test('is proven by the witness once the source is gone, or has another key under the name', () => {
    const seen = witness({ a: 'A' }, '2026-11-23T06:00:00Z');
    for (const source of [undefined, versions({ z: 'Z' }, later)]) {
      expect(compareVersions(record, versions({ a: 'A' }), { source, witness: seen })).toEqual({
        versions: [{ version: 'a', thumbprint: 'A', proof: 'witness' }],
        faults: [],
      });
    }
  });

  test('differs from the witness, or lacks what it saw before the backup', () => {
    const before = witness({ a: 'A', b: 'B' }, '2026-11-23T06:00:00Z');
    const after = witness({ a: 'A', b: 'B' }, '2026-11-24T06:00:00Z');
    expect(compareVersions(record, versions({ a: 'X' }), { witness: before }).faults).toHaveLength(2);
    expect(compareVersions(record, versions({ a: 'A' }), { witness: after }).faults).toEqual([]);
  });

  test('is proven by ids alone where there is no public key or nothing to compare with', () => {
    const symmetric = versions({ a: undefined });
    for (const reference of [{ source: symmetric }, {}]) {
      const { versions: proven, faults } = compareVersions(record, symmetric, reference);
      expect([proven, faults]).toEqual([[{ version: 'a', proof: 'versionId' }], []]);
    }
  });

  test('is no proof at all without a version', () => {
    expect(compareVersions(record, new Map(), {}).faults).toEqual(['the restored key has no version']);
  });
});
