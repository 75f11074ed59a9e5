import type { TokenCredential } from '@azure/identity';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { appDataActions } from '../../../local-azure/identity/deployed-roles.ts';
import type { LocalIdentity } from '../../../local-azure/identity/identities.ts';
import { describeFailure, failureSentence } from '../../../src/escrow/model/failure.ts';
import { fastClock } from '../../support/escrow-app.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { withHurriedTimers } from '../../support/hurried-timers.ts';
import { useTestAzure } from '../../support/local-azure.ts';

const azure = await useTestAzure();

beforeEach(() => {
  vi.unstubAllEnvs();
  azure.identityEndpoint.faults.clear();
  azure.identityEndpoint.requests.length = 0;
});

afterAll(() => vi.unstubAllEnvs());

/** The product's own credential, as an app finds it in its environment. */
async function credentialOf(identity: LocalIdentity, waitMs?: number): Promise<TokenCredential> {
  const { createCredential } = await import('../../../src/azure/credential.ts');
  vi.stubEnv('AZURE_CLIENT_ID', identity.clientId);
  return createCredential('https://login.microsoftonline.com', waitMs);
}

/** Looks for a blob that is not there, which takes a token. */
async function look(identity: LocalIdentity, waitMs?: number): Promise<unknown> {
  const { createBlobContainerStore } = await import('../../../src/store/blob-container.ts');
  const store = createBlobContainerStore(azure.containerUrl, await credentialOf(identity, waitMs), fastClock(100));
  return store.find('nothing', noLimit);
}

const unmanaged = { IDENTITY_ENDPOINT: undefined, MSI_ENDPOINT: undefined };

let number = 0;
const newIdentity = (): LocalIdentity => azure.registry.add(`identity ${number++}`, [...appDataActions]);

describe('a managed identity endpoint that fails for a moment', () => {
  test.each([
    ['429 four times', 4, { kind: 'status', status: 429 }],
    ['400 once', 1, { kind: 'status', status: 400, message: 'Identity not found' }],
  ] as const)('(%s) is asked again', async (_, times, effect) => {
    const identity = newIdentity();
    azure.identityEndpoint.faults.add({ identity: identity.name, times, effect });
    expect(await look(identity)).toBeUndefined();
    expect(azure.identityEndpoint.requests.map(({ status }) => status)).toEqual([
      ...Array(times).fill(effect.status),
      200,
    ]);
  });

  // The library asks six times by itself, and waits seconds between, before it gives up for the first time.
  test('(500 or a reset, eight times in a row) is asked again', async () => {
    const effects = [{ kind: 'status', status: 500 }, { kind: 'reset' }] as const;
    const looks = effects.map((effect) => {
      const identity = newIdentity();
      azure.identityEndpoint.faults.add({ identity: identity.name, times: 8, effect });
      return look(identity);
    });
    expect(await withHurriedTimers(() => Promise.all(looks))).toEqual([undefined, undefined]);
  });
});

describe('a managed identity endpoint that takes the request and never answers', () => {
  const stall = (identity: LocalIdentity, times?: number): void => {
    const effect = { kind: 'stall' } as const;
    azure.identityEndpoint.faults.add({ identity: identity.name, ...(times && { times }), effect });
  };

  test('is asked again after a while', async () => {
    const identity = newIdentity();
    stall(identity, 2);
    expect(await look(identity, 100)).toBeUndefined();
    expect(azure.identityEndpoint.requests.map(({ status }) => status)).toEqual([200]);
  });

  test.each([
    ['is what did not answer, not the service', {}, 'the managed identity endpoint'],
    ['is not there where a person signs in: the sign-in service did not answer', unmanaged, 'the sign-in service'],
  ])('%s', async (_, env, subject) => {
    const identity = newIdentity();
    stall(identity);
    const credential = await credentialOf(identity, 20);
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const error = await credential.getToken('https://storage.azure.com/.default').catch((thrown: unknown) => thrown);
    const said = failureSentence(describeFailure(error, 'begin', { kind: 'vault', name: 'contoso-prod' }));
    expect(said).toMatch(
      `Cannot begin the run over vault "contoso-prod": ${subject} did not answer (TimedOut): no token within 0.02 s. Another attempt may succeed`,
    );
  });
});

describe('a managed identity endpoint that goes on failing', () => {
  test('did not answer: no message advises to sign in', async () => {
    const identity = newIdentity();
    azure.identityEndpoint.faults.add({ identity: identity.name, effect: { kind: 'status', status: 429 } });
    const error = await look(identity).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ service: 'identity', kind: 'identityUnavailable' });
    const said = failureSentence(describeFailure(error, 'begin', { kind: 'vault', name: 'contoso-prod' }));
    expect(said).toMatch(
      /^Cannot begin the run over vault "contoso-prod": the managed identity endpoint did not answer .*The service is not available.* Another attempt may succeed/,
    );
    expect(said).not.toMatch(/sign in|Not Available/);
  });

  test('with 400 knows no such identity', async () => {
    const error = await look({ ...newIdentity(), clientId: '00000000-0000-0000-0000-0000000000ff' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ service: 'identity', kind: 'identityRefused' });
    const { reason, remedy } = describeFailure(error, 'begin', { kind: 'vault', name: 'contoso-prod' });
    expect(reason).toMatch(
      /^the managed identity endpoint refused .*No User Assigned Managed Identity found for client_id/,
    );
    expect(remedy).toBe('Check that AZURE_CLIENT_ID names an identity, and that it is assigned to this app.');
  });

  // What the library throws after six attempts of its own.
  test.each([
    ['500', { kind: 'status', status: 500 }],
    ['a reset', { kind: 'reset' }],
  ] as const)('with %s did not answer either', async (_, effect) => {
    const { toServiceError } = await import('../../../src/azure/http/service-answer.ts');
    const identity = newIdentity();
    azure.identityEndpoint.faults.add({ identity: identity.name, effect });
    const credential = await credentialOf(identity);
    const error = await withHurriedTimers(() =>
      credential.getToken('https://storage.azure.com/.default').catch((thrown: unknown) => thrown),
    );
    expect(toServiceError(error, { service: 'Blob Storage', host: 'x' })).toMatchObject({
      kind: 'identityUnavailable',
      cause: error,
    });
  });
});

test('a process that nobody has signed in to, and that has no managed identity, is reported as such', async () => {
  const { createCredential } = await import('../../../src/azure/credential.ts');
  const { toServiceError } = await import('../../../src/azure/http/service-answer.ts');
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCliCredential');
  vi.stubEnv('PATH', '/nowhere');
  const credential = createCredential('https://login.microsoftonline.com');
  const error = await credential.getToken('https://storage.azure.com/.default').catch((thrown: unknown) => thrown);
  expect(toServiceError(error, { service: 'Blob Storage', host: 'x' })).toMatchObject({ kind: 'notSignedIn' });
});

test.each([
  ['at a desk, where a proxy said it in place of a metadata service', unmanaged, 'notSignedIn'],
  ['in an app, whose endpoint said it', { IDENTITY_ENDPOINT: 'http://127.0.0.1/token' }, 'identityRefused'],
])('403 to the search for a managed identity means what it can mean %s', async (_, env, kind) => {
  const { identityErrorOf } = await import('../../../src/azure/http/identity-error.ts');
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const answer = Object.assign(new Error('403'), { name: 'ServerError', status: 403 });
  const error = Object.assign(new Error('all failed', { cause: answer }), { name: 'AggregateAuthenticationError' });
  expect(identityErrorOf(error, 'x')).toMatchObject({ kind });
});
