import { requestPatiently } from './patient-request.ts';

type Settings = Readonly<Record<string, string | undefined>>;

const resource = 'https://storage.azure.com';
const renewalMs = 120_000;

/**
 * Tokens for storage as the identity of a connection: only ever the managed identity that the settings' own endpoint stands
 * for. This host is for the local Azure, and must not go looking for the credentials of the machine it runs on.
 * @returns a function that throws when the endpoint refuses, or still fails after what .NET's client tries.
 */
export function storageTokens(connection: string, settings: Settings, retryDelayMs: number): () => Promise<string> {
  const kind = settings[`${connection}__credential`] ?? 'managedidentity';
  if (kind.toLowerCase() !== 'managedidentity') {
    throw new Error(`${connection}__credential "${kind}" is not known: use managedidentity.`);
  }
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = settings;
  if (!endpoint || !header) {
    throw new Error(
      `No identity for connection '${connection}': the local host acts as a managed identity of the local Azure. ` +
        'Set IDENTITY_ENDPOINT and IDENTITY_HEADER.',
    );
  }
  const clientId = settings[`${connection}__clientId`] ?? settings.AZURE_CLIENT_ID;
  const query = new URLSearchParams({
    resource,
    'api-version': '2019-08-01',
    ...(clientId && { client_id: clientId }),
  });
  const request = { url: new URL(`${endpoint}?${query}`), headers: { 'X-IDENTITY-HEADER': header } };
  let token = '';
  let expiresAt = 0;
  const renew = async (): Promise<void> => {
    const answer = await requestPatiently(request, retryDelayMs).catch((error: Error) => {
      throw new Error(`ManagedIdentityCredential authentication failed: ${error.message}`);
    });
    if (answer.status !== 200)
      throw new Error(`ManagedIdentityCredential authentication failed: ${answer.status} ${answer.body}`);
    const issued = JSON.parse(answer.body) as { access_token: string; expires_on: string };
    token = issued.access_token;
    expiresAt = Number(issued.expires_on) * 1000;
  };
  let renewal: Promise<void> | undefined;
  return async () => {
    if (Date.now() < expiresAt - renewalMs) return token;
    renewal ??= renew().finally(() => {
      renewal = undefined;
    });
    await renewal;
    return token;
  };
}
