import { expect, test } from 'vitest';
import hostJson from '../../host.json' with { type: 'json' };
import { hostDefaults, parseTimeSpan } from '../../src/app/host-json.ts';

test('host.json says what the product counts on', () => {
  expect(hostDefaults).toEqual({ functionTimeoutMs: 30 * 60 * 1000, maxDequeueCount: 5 });
});

test('the libraries of the host log warnings only: at Information they write some forty lines for every token', () => {
  const { default: own, ...libraries } = hostJson.logging.logLevel;
  expect([own, libraries]).toEqual(['Information', { 'Azure.Core': 'Warning', 'Azure.Identity': 'Warning' }]);
});

test.each([
  ['00:30:00', 1_800_000],
  ['1.02:03:04', 93_784_000],
  ['00:00:01', 1000],
  ['-1', 86_400_000],
  ['40.00:00:00', 2 ** 31 - 1],
  ['30', undefined],
  ['0:30:00', 1_800_000],
  ['23:59:59', 86_399_000],
  ['00:30:00.5', undefined],
  ['', undefined],
  ['00:00:00', undefined],
  ['00:60:00', undefined],
  ['00:00:60', undefined],
  // .NET reads it as 24 days.
  ['24:00:00', undefined],
  ['-00:30:00', undefined],
])('the time span %s is %s ms', (text, milliseconds) => {
  expect(parseTimeSpan(text)).toBe(milliseconds);
});
