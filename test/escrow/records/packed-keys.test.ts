import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditedKey } from '../../../src/escrow/records/audit-document.ts';
import { packKeys } from '../../../src/escrow/records/packed-keys.ts';

function keyNamed(key: string): AuditedKey {
  // fixed date: nobody reads it.
  return { source: 'vaults/contoso-prod', key, status: 'fresh', firstSeenAt: '2026-11-24T02:00:00.000Z', days: 'e1' };
}

test('packed keys come back as they were added, one by one and in turn, while more are added', () => {
  const reads = fc.array(fc.nat({ max: 1100 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.nat({ max: 1100 }), reads, (size, places) => {
      const keys = Array.from({ length: size }, (_, index) => keyNamed(`key-${index}, "quoted"\u2028é`));
      const packed = packKeys(keys);
      expect(packed.length).toBe(size);
      for (const place of places) {
        expect(packed.at(place)).toEqual(keys[place]);
        const added = keyNamed(`added after ${place}`);
        keys.push(added);
        expect(packed.add(added)).toBe(keys.length - 1);
      }
      expect([...packed]).toEqual(keys);
      expect(JSON.stringify(packed)).toBe(JSON.stringify(keys));
    }),
    { numRuns: 20 },
  );
});
