import { describe, expect, test } from 'vitest';
import { useTestAzure } from '../support/local-azure.ts';
import { namedFaults, tryFaults } from './fault-matrix.ts';
import { killRuns } from './killing.ts';

const azure = await useTestAzure();

// The long form, `npm run chaos`: 50 kills over 200 keys, the faults that wait for time-outs of 30 s, and twins.
describe('the short form of chaos', () => {
  test.each([
    ['host', 5, 3],
    ['worker', 4, 2],
  ] as const)(
    'kills of the %s in a run, alone and with fan-out, lose and repeat nothing, and every report is true',
    async (victim, kills, killsPerRun) => {
      const keys = 24;
      // Three requests for each source beside the pages, and two for each key.
      const requests = 2 * keys + 20;
      const tally = await killRuns({ azure, victims: [victim], keys, kills, killsPerRun, requests, seed: 7 });
      expect(tally).toEqual({ kills, lost: [], duplicated: [], untrue: [], leaks: [] });
    },
  );

  test('every named fault that needs no patience and is no twin ends in the truthful outcome, and leaks nothing', async () => {
    const trials = await tryFaults(
      azure,
      namedFaults.filter(({ patience, twin }) => patience === undefined && twin === undefined),
    );
    expect(trials.length).toBeGreaterThan(45);
    const bad = trials.filter(({ untrue, leaks }) => untrue.length + leaks.length > 0);
    expect(bad.map(({ fault, untrue, leaks }) => ({ fault: fault.name, untrue, leaks }))).toEqual([]);
  });
});
