import { once } from 'node:events';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createDiscreetAgent } from '../../../src/azure/http/connection.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { useTlsHost } from '../../support/tls-host.ts';

const host = 'contoso-prod.vault.azure.net';
const token = 'eyJ0eXAi-the-token-of-the-app';
const identityHeader = 'the-secret-of-the-identity-endpoint';

const azure = await useTestAzure();
const server = await useTlsHost(azure, [host], (_request, response) => response.end('{}'));

async function ask(agent: https.Agent, to: https.RequestOptions = { host }): Promise<void> {
  const { ca } = azure;
  const request = https.get({ ...to, agent, ca, headers: { authorization: `Bearer ${token}` } });
  const [answer] = await once(request, 'response');
  await text(answer);
}

describe('an agent that was used through a proxy with a password, in a process with secrets', () => {
  const proxyOf = (password: string): string => azure.proxy.url.replace('//', `//someone:${password}@`);

  test.each([
    ['printed', (agent: unknown) => inspect(agent)],
    ['printed to the last', (agent: unknown) => inspect(agent, { depth: Infinity, showHidden: true })],
    ['written as JSON, as verbose logging does', (agent: unknown) => JSON.stringify({ agent })],
    [
      'part of an error that is printed',
      (agent: unknown) =>
        inspect(new Error('failed', { cause: Object.assign(new Error('x'), { request: { agent } }) }), {
          depth: Infinity,
          showHidden: true,
        }),
    ],
  ])('says nothing of them, %s', async (_, show) => {
    const agent = createDiscreetAgent({ HTTPS_PROXY: proxyOf('pass-word'), IDENTITY_HEADER: identityHeader });
    await ask(agent);
    const said = show(agent);
    expect(said).toContain('https.Agent');
    for (const secret of [token, 'pass-word', identityHeader, 'IDENTITY_HEADER']) expect(said).not.toContain(secret);
    agent.destroy();
  });

  test('has nothing of the environment but the proxy, for whoever goes past what it says', async () => {
    const agent = createDiscreetAgent({ HTTPS_PROXY: azure.proxy.url, IDENTITY_HEADER: identityHeader });
    const all = inspect(agent, { customInspect: false, depth: Infinity, showHidden: true });
    expect(all).toContain(azure.proxy.url);
    expect(all).not.toContain(identityHeader);
  });
});

describe('the proxy of the environment', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])('named by %s is used', async (name) => {
    const before = azure.proxy.connections.get(host) ?? 0;
    const agent = createDiscreetAgent({ [name]: azure.proxy.url });
    await ask(agent);
    expect(azure.proxy.connections.get(host)).toBe(before + 1);
    agent.destroy();
  });

  test.each(['NO_PROXY', 'no_proxy'])('is not used for a host that %s names', async (name) => {
    const before = [...azure.proxy.refusedHosts];
    const port = server.port;
    const agent = createDiscreetAgent({ HTTPS_PROXY: azure.proxy.url, [name]: '127.0.0.1' });
    await ask(agent, { host: '127.0.0.1', port, servername: host });
    expect(azure.proxy.refusedHosts).toEqual(before);
    agent.destroy();
  });

  test('opens one connection, which is kept', async () => {
    const before = azure.proxy.connections.get(host) ?? 0;
    const agent = createDiscreetAgent({ HTTPS_PROXY: azure.proxy.url });
    for (let request = 0; request < 3; request++) await ask(agent);
    expect(azure.proxy.connections.get(host)).toBe(before + 1);
    agent.destroy();
  });
});
