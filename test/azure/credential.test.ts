import tls from 'node:tls';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createCertificates } from '../../local-azure/network/certificates.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { useTlsHost } from '../support/tls-host.ts';

const authority = 'login.microsoftonline.us';
const tenant = '00000000-0000-0000-0000-00000000c0de';

/** An authority of another cloud, as far as a client with a secret needs it. */
const azure = await useTestAzure();
const suffixes = {
  vault: 'microsoftonline.us',
  managedHsm: 'b.example',
  blob: 'c.example',
  queue: 'd.example',
  resourceManager: 'e.example',
};
const certificates = await createCertificates(suffixes);
tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificates.ca]);
const login = await useTlsHost(
  azure,
  [authority],
  (request, response) => {
    const base = `https://${authority}/${tenant}`;
    const metadata = {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    };
    const answer = request.url?.includes('/.well-known/')
      ? metadata
      : { token_type: 'Bearer', expires_in: 3600, access_token: 'the token of that authority' };
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  },
  certificates,
);

beforeEach(() => {
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential');
  vi.stubEnv('AZURE_TENANT_ID', tenant);
  vi.stubEnv('AZURE_CLIENT_ID', '00000000-0000-0000-0000-000000000001');
  vi.stubEnv('AZURE_CLIENT_SECRET', 'secret');
  return () => vi.unstubAllEnvs();
});

describe('the authority of the cloud in the settings', () => {
  test('is the one that is used for tokens, and no other', async () => {
    const { createCredential } = await import('../../src/azure/credential.ts');
    const token = await createCredential(`https://${authority}`).getToken('https://vault.usgovcloudapi.net/.default');
    expect(token?.token).toBe('the token of that authority');
    expect(login.asked.at(-1)?.split('?')[0]).toBe(`${authority}/${tenant}/oauth2/v2.0/token`);
    expect(azure.proxy.refusedHosts).toEqual([]);
  });

  test('reaches the credential from AZURE_CLOUD, and from what overrides it', async () => {
    const { compose } = await import('../../src/app/services.ts');
    const { readSettings } = await import('../../src/app/settings.ts');
    const { systemClock } = await import('../../src/azure/http/clock.ts');
    const { escrowSettings } = await import('../support/escrow-place.ts');
    for (const more of [{ AZURE_CLOUD: 'AzureUSGovernment' }, { AZURE_AUTHORITY_HOST: `https://${authority}/` }]) {
      const settings = readSettings(escrowSettings(azure, [{ vaultName: 'contoso-prod' }], more));
      const before = login.asked.length;
      const token = await compose(settings, systemClock).credential.getToken(
        'https://vault.usgovcloudapi.net/.default',
      );
      expect(token?.token).toBe('the token of that authority');
      expect(login.asked.length).toBeGreaterThan(before);
    }
    expect(azure.proxy.refusedHosts).toEqual([]);
  });
});
