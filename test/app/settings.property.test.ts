import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSettings, type Settings, SettingsFault, settingNames } from '../../src/app/settings.ts';
import { parseSchedule } from '../../src/escrow/model/run-time.ts';
import { keyNamePattern, sourceNamePattern } from '../../src/escrow/model/source.ts';
import { minimalSettings } from '../support/minimal-settings.ts';

const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: bad });

const sourceNames = mostly(
  fc.constantFrom('contoso-prod', 'Contoso-Web', 'contoso-hsm', 'abc', 'a1-b2'),
  fc.oneof(fc.constantFrom('a.b', 'x', 'évil', 'a/b', 'user@host', '__proto__'), fc.string()),
);
const patternLists = fc.array(
  mostly(fc.constantFrom('*', 'signing', 'tmp-*', 'k?y'), fc.oneof(fc.constantFrom('a_b', ''), fc.string())),
  { maxLength: 3 },
);
const sourceEntries = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(
        fc.constantFrom('vaultName', 'hsmName'),
        sourceNames,
        fc.record(
          {
            keys: mostly<unknown>(
              patternLists.filter((list) => list.length > 0),
              fc.constantFrom([], 'x', null),
            ),
            except: patternLists,
            retired: patternLists,
            maxBackupsPerSecond: mostly<unknown>(
              fc.constantFrom(1, 0.5, 10, 1000),
              fc.constantFrom(0, -1, 1001, '10', null),
            ),
            allowEmpty: mostly<unknown>(fc.boolean(), fc.constant('yes')),
            geography: mostly(fc.constantFrom('europe', 'us'), fc.string()),
          },
          { requiredKeys: [] },
        ),
      )
      .map(([kind, name, options]): unknown => ({ [kind]: name, ...options })),
  },
  { weight: 1, arbitrary: fc.jsonValue().map((value): unknown => value) },
);
const sourceTexts = mostly(
  fc.array(sourceEntries, { minLength: 1, maxLength: 3 }).map((sources) => JSON.stringify(sources)),
  fc.oneof(fc.json(), fc.string()),
);
const urls = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string(),
  fc.constant('https:'),
);

/** An environment in which every setting is most often right, and each may be wrong or missing. */
const environments = fc.record(
  {
    ESCROW_SOURCES: sourceTexts,
    ESCROW_CONTAINER_URL: mostly(
      fc.constantFrom('https://escrow.blob.core.windows.net/key-escrow', 'https://ESCROW.blob.core.windows.net/k?'),
      urls,
    ),
    ESCROW_SCHEDULE: mostly(fc.constantFrom('0 0 2 * * *', '0 */5 * * * *'), fc.string()),
    ESCROW_AUDIT_SCHEDULE: mostly(fc.constantFrom('0 0 6 * * *', ' 0 30 6 * * 1-5 '), fc.string()),
    ESCROW_PART: mostly<string | undefined>(fc.constantFrom(undefined, 'all', 'backup', 'audit'), fc.string()),
    ESCROW_AUDIT_CONTAINER_URL: mostly<string | undefined>(
      fc.constantFrom(undefined, 'https://a.blob.core.windows.net/a'),
      urls,
    ),
    ESCROW_DRILL_CONTAINER_URL: mostly<string | undefined>(
      fc.constantFrom(undefined, 'https://a.blob.core.windows.net/d'),
      urls,
    ),
    ESCROW_QUEUE_NAME: mostly(fc.constantFrom('key-escrow-requests', 'abc'), fc.string()),
    ESCROW_QUEUE__queueServiceUri: mostly(fc.constant('https://escrow.queue.core.windows.net/'), urls),
    ESCROW_FAN_OUT: mostly<string | undefined>(fc.constantFrom('true', 'False', '', undefined), fc.string()),
    ESCROW_MAX_AGE_HOURS: mostly<string | undefined>(fc.constantFrom('26', '1.5', undefined), fc.string()),
    ESCROW_MAX_DRILL_AGE_DAYS: mostly<string | undefined>(fc.constantFrom('90', undefined), fc.string()),
    AZURE_CLOUD: mostly<string | undefined>(fc.constantFrom('AzureCloud', 'azureusgovernment', undefined), fc.string()),
    ESCROW_VAULT_DNS_SUFFIX: mostly<string | undefined>(fc.constantFrom('vault.example', undefined), fc.string()),
    ESCROW_HSM_DNS_SUFFIX: mostly<string | undefined>(
      fc.constant(undefined),
      fc.oneof(fc.constantFrom('hsm.example', '.x.y', 'a..b', '-.-', 'a.b/c', '1.2.3.4'), fc.string()),
    ),
    AZURE_AUTHORITY_HOST: mostly<string | undefined>(fc.constantFrom('https://login.example', undefined), urls),
    AzureFunctionsJobHost__functionTimeout: mostly<string | undefined>(
      fc.constantFrom(undefined, '00:10:00', '-1', '40.00:00:00'),
      fc.oneof(fc.constantFrom('00:00:00', '24:00:00', '30'), fc.string()),
    ),
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount: mostly<string | undefined>(
      fc.constantFrom(undefined, '3'),
      fc.oneof(fc.constantFrom('0', 'many'), fc.string()),
    ),
  },
  { requiredKeys: [] },
);

// The generator leaves out a property half of the time: a complete environment is the rule here, a gap the exception.
const complete = fc
  .tuple(environments, fc.nat({ max: 3 }))
  .map(([env, gap]): Record<string, string | undefined> => (gap === 0 ? env : { ...minimalSettings, ...env }));

function expectUsable(settings: Settings): void {
  expect(settings.sources.length).toBeGreaterThan(0);
  const identities = settings.sources.map(({ kind, name }) => `${kind} ${name}`);
  expect(new Set(identities).size).toBe(identities.length);
  for (const source of settings.sources) {
    expect(source.name).toMatch(sourceNamePattern);
    expect(source.name).toBe(source.name.toLowerCase());
    expect(source.keys.length).toBeGreaterThan(0);
    for (const pattern of [...source.keys, ...source.except, ...source.retired]) {
      expect(pattern.replaceAll(/[*?]/g, 'x')).toMatch(keyNamePattern);
    }
    expect(source.maxBackupsPerSecond > 0 && source.maxBackupsPerSecond <= 1000).toBe(true);
    for (const label of Object.values(source.place)) expect(label).toMatch(/^[\x20-\x7e]+$/);
  }
  for (const url of [
    settings.containerUrl,
    settings.auditContainerUrl,
    settings.drillContainerUrl,
    settings.queueServiceUrl,
  ]) {
    const { protocol, host, pathname } = new URL(url);
    expect(protocol).toBe('https:');
    // Nothing but a host and a path: no user, no port, no signature.
    expect(url).toBe(`https://${host}${pathname === '/' ? '' : pathname}`);
    expect(host).not.toContain(':');
  }
  for (const schedule of [settings.schedule, settings.auditSchedule])
    expect(() => parseSchedule(schedule)).not.toThrow();
  for (const suffix of Object.values(settings.suffixes)) {
    expect(new URL(`https://contoso.${suffix}`).host).toBe(`contoso.${suffix}`);
  }
  const authority = new URL(settings.authorityHost);
  expect(authority.protocol).toBe('https:');
  expect(settings.authorityHost).toBe(`${authority.origin}${authority.pathname}`.replace(/\/$/, ''));
  for (const figure of [settings.maxAgeHours, settings.maxDrillAgeDays ?? 1, settings.maxDequeueCount]) {
    expect(figure >= 1 && Number.isFinite(figure)).toBe(true);
  }
  expect(settings.functionTimeoutMs > 0 && settings.functionTimeoutMs <= 2 ** 31 - 1).toBe(true);
}

test('any environment is refused with every fault named, or gives settings that can be used', () => {
  const seen = { refused: 0, read: 0 };
  fc.assert(
    fc.property(complete, (env) => {
      try {
        expectUsable(readSettings(env));
        seen.read++;
      } catch (error) {
        if (!(error instanceof SettingsFault)) throw error;
        seen.refused++;
        expect(error.faults.length).toBeGreaterThan(0);
        const names = [...settingNames, 'AzureFunctionsJobHost__'];
        for (const fault of error.faults) expect(names.some((name) => fault.startsWith(name))).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
  // Some 500 and 2,500; a generator that makes only one kind would prove nothing.
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(150);
});

test('a fault in one setting never hides the fault in another', () => {
  const wrong: Record<string, string> = {
    ESCROW_SOURCES: '[]',
    ESCROW_CONTAINER_URL: 'http://x',
    ESCROW_SCHEDULE: 'nightly',
    ESCROW_AUDIT_SCHEDULE: 'daily',
    ESCROW_PART: 'x',
    ESCROW_AUDIT_CONTAINER_URL: 'x',
    ESCROW_DRILL_CONTAINER_URL: 'http://x/y',
    ESCROW_QUEUE_NAME: '-',
    ESCROW_QUEUE__queueServiceUri: 'x',
    ESCROW_FAN_OUT: 'maybe',
    ESCROW_MAX_AGE_HOURS: 'x',
    ESCROW_MAX_DRILL_AGE_DAYS: 'x',
    AZURE_CLOUD: 'x',
    ESCROW_VAULT_DNS_SUFFIX: '.',
    ESCROW_HSM_DNS_SUFFIX: '.',
    AZURE_AUTHORITY_HOST: 'x',
    AzureFunctionsJobHost__functionTimeout: 'x',
    AzureFunctionsJobHost__extensions__queues__maxDequeueCount: 'x',
  };
  fc.assert(
    fc.property(fc.subarray(Object.keys(wrong), { minLength: 1 }), (names) => {
      const env = { ...minimalSettings, ...Object.fromEntries(names.map((name) => [name, wrong[name]])) };
      try {
        readSettings(env);
        expect.unreachable();
      } catch (error) {
        if (!(error instanceof SettingsFault)) throw error;
        expect(error.faults.map((fault) => fault.split(' ', 1)[0]).toSorted()).toEqual(names.toSorted());
      }
    }),
    { numRuns: 300 },
  );
});
