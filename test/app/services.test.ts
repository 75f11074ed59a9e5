import { afterEach, expect, test, vi } from 'vitest';
import { createServices } from '../../src/app/services.ts';
import { readSettings } from '../../src/app/settings.ts';
import { minimalSettings } from '../support/minimal-settings.ts';

const services = (more: Readonly<Record<string, string>> = {}) =>
  createServices(
    readSettings({
      ...minimalSettings,
      ESCROW_SOURCES: '[{"vaultName":"contoso-prod"},{"hsmName":"contoso-prod"}]',
      ...more,
    }),
  );

afterEach(() => {
  vi.restoreAllMocks();
});

test('all work of a process on a source goes through one client, and so one pace; each source has its own', () => {
  const { keysOf } = services();
  const source = { kind: 'vault', name: 'contoso-prod', maxBackupsPerSecond: 10 } as const;
  expect(keysOf({ ...source })).toBe(keysOf({ ...source }));
  expect(keysOf({ ...source, kind: 'managedHsm' })).not.toBe(keysOf(source));
});

test.each([
  ['of the deployed 30 minutes: no start in the last 2, no write in the last 45 s', undefined, 28 * 60_000, 1_755_000],
  ['of five minutes: a quarter and an eighth of it are kept back', '00:05:00', 225_000, 262_500],
])('the time of an invocation %s', (_what, functionTimeout, softDeadline, hardDeadline) => {
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  services(
    functionTimeout === undefined ? {} : { AzureFunctionsJobHost__functionTimeout: functionTimeout },
  ).timeBudget();
  expect(timeout.mock.calls).toEqual([[softDeadline], [hardDeadline]]);
});
