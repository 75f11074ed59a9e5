import { ManagedIdentityCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createIdentityRegistry, type IdentityRegistry } from '../../../local-azure/identity/identities.ts';
import { type IdentityEndpoint, startIdentityEndpoint } from '../../../local-azure/identity/identity-endpoint.ts';
import { now } from '../../support/now.ts';

let identities: IdentityRegistry;
let endpoint: IdentityEndpoint;

// One endpoint for the file: the credential remembers the first IDENTITY_ENDPOINT it saw for the life of the process.
beforeAll(async () => {
  identities = createIdentityRegistry();
  const defaultIdentity = identities.add('app', ['one']);
  identities.add('operator', ['two']);
  endpoint = await startIdentityEndpoint({ identities, defaultIdentity });
  vi.stubEnv('IDENTITY_ENDPOINT', endpoint.url);
  vi.stubEnv('IDENTITY_HEADER', endpoint.header);
});

beforeEach(() => {
  endpoint.requests.length = 0;
  endpoint.tokenLifetimeSeconds = 3600;
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await endpoint.stop();
});

describe('the managed identity endpoint', () => {
  test('gives the real credential a token of the default identity for the asked resource', async () => {
    const token = await new ManagedIdentityCredential().getToken('https://storage.azure.com/.default');
    const authentication = identities.authenticate(`Bearer ${token.token}`, 'https://storage.azure.com');
    expect(authentication).toMatchObject({ identity: { name: 'app' } });
    expect(token.expiresOnTimestamp).toBeGreaterThan(now().getTime());
    expect(endpoint.requests).toEqual([{ resource: 'https://storage.azure.com', identity: 'app', status: 200 }]);
  });

  test('gives a token of the identity whose client id is named', async () => {
    const clientId = identities.find('operator')?.clientId as string;
    const token = await new ManagedIdentityCredential({ clientId }).getToken('https://vault.azure.net/.default');
    const authentication = identities.authenticate(`Bearer ${token.token}`, 'https://vault.azure.net');
    expect(authentication).toMatchObject({ identity: { name: 'operator' } });
  });

  test('hands out tokens of the configured lifetime, expired ones too', async () => {
    endpoint.tokenLifetimeSeconds = -5;
    const answer = await fetch(`${endpoint.url}?resource=https://vault.azure.net/&api-version=2019-08-01`, {
      headers: { 'x-identity-header': endpoint.header },
    });
    const body = (await answer.json()) as { access_token: string; expires_on: string };
    expect(Number(body.expires_on) * 1000).toBeLessThan(now().getTime());
    expect(identities.authenticate(`Bearer ${body.access_token}`, 'https://vault.azure.net')).toEqual({
      failure: 'expired',
    });
  });

  const asked = '?resource=https://vault.azure.net&api-version=2019-08-01';
  test.each<[what: string, status: number, query: string, headers?: Record<string, string>]>([
    ['a caller without the header', 401, asked, {}],
    ['a caller with a wrong header', 401, asked, { 'x-identity-header': '1' }],
    ['another api-version', 400, '?resource=https://vault.azure.net&api-version=2017-09-01'],
    ['no resource', 400, '?api-version=2019-08-01'],
    ['an unknown client id', 400, `${asked}&client_id=nobody`],
  ])('refuses %s', async (_what, status, query, headers = { 'x-identity-header': endpoint.header }) => {
    expect((await fetch(endpoint.url + query, { headers })).status).toBe(status);
  });
});
