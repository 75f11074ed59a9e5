import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  eventRunId,
  parseRunTime,
  precedesRun,
  requestRunId,
  scheduledRunId,
} from '../../../src/escrow/model/run-id.ts';
import { keyNamePattern } from '../../../src/escrow/model/source.ts';
import { faultOfBlobName, parseRecordName, recordName } from '../../../src/escrow/records/blob-names.ts';
import { type EscrowRequest, parseRequest } from '../../../src/escrow/request/request.ts';
import { RequestRefused } from '../../../src/escrow/request/request-refused.ts';
import { escrowSource, publicSuffixes } from '../../support/escrow-sources.ts';

const now = new Date('2026-11-24T14:00:00Z');
const sources = [
  escrowSource('vault', 'contoso-prod'),
  escrowSource('vault', 'contoso-web'),
  escrowSource('managedHsm', 'contoso-hsm'),
];
const context = { sources, suffixes: publicSuffixes, now };
const day = 24 * 60 * 60 * 1000;

/** What a message does: the request, or undefined for a refusal. Anything else thrown fails the test. */
function outcomeOf(body: unknown): EscrowRequest | undefined {
  try {
    return parseRequest(body, context);
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    expect(error.message).toMatch(/^Cannot carry out the request: ./);
    expect(error.message.length).toBeLessThan(1500);
    return undefined;
  }
}

function expectWithinBounds(request: EscrowRequest): void {
  if (request.scope === 'nothing') return;
  if (request.scope === 'sources') {
    for (const source of request.sources) expect(sources).toContain(source);
    if (request.runTime === undefined) return;
    const age = now.getTime() - request.runTime.getTime();
    expect(age <= 7 * day && age >= -5 * 60_000).toBe(true);
    expect(parseRunTime(scheduledRunId(request.runTime))).toBeDefined();
    expect(precedesRun(now, scheduledRunId(request.runTime))).toBe(false);
    return;
  }
  const { source, name, blobName, event } = request;
  expect(sources).toContain(source);
  expect(name).toMatch(keyNamePattern);
  if (blobName !== undefined) expect(faultOfBlobName(blobName)).toBeUndefined();
  const runId = event === undefined ? requestRunId(now, 'a message id') : eventRunId(event.time, event.id);
  expect(parseRunTime(runId)).toBeDefined();
  // What the run writes now must not look as if it had been there before.
  expect(precedesRun(now, runId)).toBe(false);
  expect(parseRecordName(recordName(source, name, runId))).toMatchObject({ runId, keyName: name.toLowerCase() });
}

const hostileNames = ['contoso-prod.evil.example', 'evil/contoso-prod', 'a@contoso-prod', 'cöntoso', '..', '__proto__'];
const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: bad });
const names = mostly(
  fc.constantFrom('contoso-prod', 'Contoso-WEB', 'contoso-hsm'),
  fc.constantFrom('unknown', ...hostileNames),
);
const keyNames = mostly(
  fc.constantFrom('signing', 'Signing-2'),
  fc.oneof(fc.constantFrom('a_b', '', 'a/b'), fc.string()),
);
const hosts = mostly(
  fc.constantFrom('contoso-prod.vault.azure.net', 'CONTOSO-web.vault.azure.net', 'contoso-hsm.managedhsm.azure.net'),
  fc.oneof(
    names.map((name) => `${name}.vault.azure.net`),
    names.map((name) => `${name}.managedhsm.azure.net`),
    fc.constantFrom('contoso-prod.vault.azure.net@evil.example', 'contoso-prod.vault.azure.net.evil.example'),
    fc.domain(),
  ),
);
const keyIds = fc
  .tuple(
    mostly(fc.constantFrom('https:', 'HTTPS:'), fc.constant('http:')),
    hosts,
    mostly(fc.constant('keys'), fc.constantFrom('secrets', '..', 'Keys')),
    keyNames,
  )
  .map(([scheme, host, folder, name]) => `${scheme}//${host}/${folder}/${name}`);
const runTimes = fc.oneof(
  fc
    .date({ min: new Date('2026-11-15'), max: new Date('2026-11-26'), noInvalidDate: true })
    .map((time) => time.toISOString()),
  fc.constantFrom('2099-01-01T00:00:00Z', '2026-11-24T02:00:00+01:00', 'yesterday', '2026-11-24'),
);
const oddly = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: value as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: fc.jsonValue() });

const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 15, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });

/** Close to a message: every property may be there, be right, be wrong or be of another type. */
const messages = fc
  .tuple(
    fc.record(
      {
        vaultName: oddly(names),
        hsmName: oddly(names),
        name: oddly(keyNames),
        id: oddly(keyIds),
        all: oddly(fc.constant(true)),
        blobName: oddly(fc.oneof(fc.constantFrom('mine/signing', 'runs/x', '../x'), fc.string())),
        force: oddly(fc.boolean()),
        whatIf: oddly(fc.boolean()),
        runTime: oddly(runTimes),
      },
      { requiredKeys: ['vaultName', 'hsmName', 'name', 'id', 'all'] },
    ),
    // Most messages name one thing: generated ones would hardly ever.
    fc.constantFrom(['vaultName'], ['hsmName'], ['id'], ['all'], ['vaultName', 'name'], ['hsmName', 'name'], undefined),
    fc.array(fc.constantFrom('blobName', 'force', 'whatIf', 'runTime'), { maxLength: 2 }),
    seldom(fc.tuple(fc.string(), fc.jsonValue())),
  )
  .map(([fields, kept, options, extra]): Record<string, unknown> => {
    const keep: readonly string[] = kept === undefined ? Object.keys(fields) : [...kept, ...options];
    const entries = Object.entries(fields).filter(([key]) => keep.includes(key));
    return Object.fromEntries(extra === null ? entries : [...entries, extra]);
  });

const events = fc.record(
  {
    id: oddly(fc.string()),
    specversion: oddly(fc.constant('1.0')),
    type: oddly(fc.constant('Microsoft.KeyVault.KeyNewVersionCreated')),
    time: oddly(fc.date().map(String)),
    ' eventType': oddly(fc.constantFrom('Microsoft.KeyVault.KeyNewVersionCreated', 'Microsoft.KeyVault.KeyNearExpiry')),
    eventTime: mostly(
      fc
        .oneof(
          fc.date({ min: new Date(0), max: new Date('2026-11-25T00:00:00Z'), noInvalidDate: true }),
          fc.date({ min: now, max: new Date('2026-11-24T14:20:00Z'), noInvalidDate: true }),
          fc.date({ min: now, max: new Date('+011000-01-01T00:00:00Z'), noInvalidDate: true }),
        )
        .map((time): unknown => time.toISOString()),
      fc.oneof(
        fc.date({ min: new Date(0), max: new Date('2040-01-01') }).map(String),
        fc.constant({ toString: 1 }),
        fc.jsonValue(),
      ),
    ),
    data: oddly(fc.record({ Id: oddly(keyIds) })),
  },
  { requiredKeys: ['id', 'data', 'eventTime'] },
);

const bodies = fc.oneof(
  { weight: 6, arbitrary: messages as fc.Arbitrary<unknown> },
  { weight: 2, arbitrary: events },
  { weight: 1, arbitrary: events.map((event) => [event]) },
  { weight: 1, arbitrary: fc.jsonValue() },
);

test('a message of any kind is refused or names configured sources only, and its run id parses back', () => {
  const seen = { refused: 0, key: 0, sources: 0, nothing: 0, event: 0 };
  fc.assert(
    fc.property(bodies, (body) => {
      // As the host does: the library hands over what JSON.parse makes of the body.
      const request = outcomeOf(JSON.parse(JSON.stringify(body)));
      seen[request?.scope ?? 'refused']++;
      if (request?.scope === 'key' && request.event !== undefined) seen.event++;
      if (request !== undefined) expectWithinBounds(request);
    }),
    { numRuns: 12_000 },
  );
  // A generator that never makes a good message would prove nothing.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
});

test('a message is accepted exactly when an independent reading of the contract accepts it', () => {
  let accepted = 0;
  fc.assert(
    fc.property(messages, (message) => {
      const isAccepted = outcomeOf(message) !== undefined;
      if (isAccepted) accepted++;
      expect(isAccepted).toBe(isAllowed(message));
    }),
    { numRuns: 10_000 },
  );
  expect(accepted).toBeGreaterThan(500);
});

/** The contract of the queue message, read once more and in other words. */
function isAllowed(message: Record<string, unknown>): boolean {
  const known = ['vaultName', 'hsmName', 'name', 'id', 'all', 'blobName', 'force', 'whatIf', 'runTime'];
  if (!Object.keys(message).every((key) => known.includes(key))) return false;
  const { vaultName, hsmName, name, id, all, blobName, force, whatIf, runTime } = message;
  if (![force, whatIf].every((flag) => flag === undefined || typeof flag === 'boolean')) return false;
  if (blobName !== undefined && (typeof blobName !== 'string' || faultOfBlobName(blobName) !== undefined)) return false;
  if (runTime !== undefined && !isRecent(runTime)) return false;
  const isOneKey = name !== undefined || id !== undefined;
  if (isOneKey ? runTime !== undefined : blobName !== undefined) return false;
  switch (['vaultName', 'hsmName', 'id', 'all'].filter((key) => key in message).join()) {
    case 'all':
      return all === true && name === undefined;
    case 'id':
      return name === undefined && typeof id === 'string' && isConfiguredKeyId(id);
    case 'vaultName':
      return isConfigured(vaultName, ['contoso-prod', 'contoso-web']) && (name === undefined || isKeyName(name));
    case 'hsmName':
      return isConfigured(hsmName, ['contoso-hsm']) && (name === undefined || isKeyName(name));
    default:
      return false;
  }
}

function isRecent(runTime: unknown): boolean {
  if (typeof runTime !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(runTime))
    return false;
  const age = now.getTime() - Date.parse(runTime);
  return age <= 7 * day && age >= -5 * 60_000;
}

const isKeyName = (name: unknown): boolean => typeof name === 'string' && keyNamePattern.test(name);
const isConfigured = (name: unknown, known: readonly string[]): boolean =>
  typeof name === 'string' && known.includes(name.toLowerCase());

function isConfiguredKeyId(id: string): boolean {
  // As the URL standard reads it: the host in lower case, controls and outer spaces gone; one bare "#" or "?" asks nothing.
  const hostsOfSources = [
    'contoso-prod.vault.azure.net',
    'contoso-web.vault.azure.net',
    'contoso-hsm.managedhsm.azure.net',
  ];
  const url = URL.parse(id);
  return (
    url !== null &&
    url.protocol === 'https:' &&
    hostsOfSources.includes(url.host) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '') &&
    /^\/keys\/[0-9a-zA-Z-]{1,127}(\/[0-9a-zA-Z]{0,64})?$/.test(url.pathname)
  );
}
