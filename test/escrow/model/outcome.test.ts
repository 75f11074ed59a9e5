import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countOutcomes, failedOutcome, type Outcome } from '../../../src/escrow/model/outcome.ts';

const key = fc.string();
const failure = { code: 'c', attempt: 'back up', subject: 's', reason: 'r', remedy: 'R.', cause: new Error('thrown') };
const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
  key.map((name): Outcome => ({ key: name, outcome: 'escrowed', blobName: 'b', sha256: 's', bytes: 1 })),
  key.map((name): Outcome => ({ key: name, outcome: 'alreadyEscrowed', blobName: 'b', sha256: 's', bytes: 1 })),
  key.map((name): Outcome => ({ key: name, outcome: 'skipped', reason: 'excluded', message: 'm' })),
  key.map((name) => failedOutcome(name, failure)),
  key.map((name): Outcome => ({ key: name, outcome: 'wouldEscrow', blobName: 'b' })),
);

test('the counts of any outcomes add up, each outcome counted where it belongs', () => {
  fc.assert(
    fc.property(fc.array(outcomes, { maxLength: 60 }), (all) => {
      const { considered, ...counts } = countOutcomes(all);
      expect(considered).toBe(all.length);
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(considered);
      for (const [kind, count] of Object.entries(counts)) {
        expect(count).toBe(all.filter(({ outcome }) => outcome === kind).length);
      }
    }),
    { numRuns: 1000 },
  );
});

test('what was thrown stays with a failed key, and never comes into what is written of it', () => {
  const outcome = failedOutcome('signing', failure);
  expect(outcome.cause).toBe(failure.cause);
  expect(JSON.stringify(outcome)).not.toContain('cause');
  expect({ ...outcome }).not.toHaveProperty('cause');
});
