import https from 'node:https';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { createCertificates } from '../../../local-azure/network/certificates.ts';
import { type ConnectProxy, startConnectProxy } from '../../../local-azure/network/connect-proxy.ts';
import { type LoopbackServer, listenOnLoopback } from '../../../local-azure/network/loopback.ts';

const untrusted = await createCertificates();

let proxy: ConnectProxy;
let server: LoopbackServer;
let agent: https.Agent;

beforeEach(async () => {
  const { certificate, key } = inject('certificates');
  proxy = await startConnectProxy();
  server = await listenOnLoopback(
    https.createServer({ cert: certificate, key }, (request, response) => {
      request.resume().on('end', () => response.end(`served ${request.headers.host}`));
    }),
  );
  proxy.route('contoso.vault.azure.net', server.port);
  agent = new https.Agent({ keepAlive: true, proxyEnv: { HTTPS_PROXY: proxy.url } });
});

afterEach(async () => {
  agent.destroy();
  await proxy.stop();
  await server.stop();
});

async function get(url: string, body = '', leaving?: AbortSignal): Promise<string> {
  return await new Promise((resolve, reject) => {
    const request = https.request(url, { agent, method: 'POST' }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    request.on('error', reject);
    // A request without a socket yet does not hear its own signal: the promise listens itself.
    leaving?.addEventListener('abort', () => {
      request.destroy();
      reject(leaving.reason);
    });
    request.end(body);
  });
}

describe('the CONNECT proxy', () => {
  test('leads a routed host to its port, over one kept connection', async () => {
    expect(await get('https://contoso.vault.azure.net/keys')).toBe('served contoso.vault.azure.net');
    await get('https://contoso.vault.azure.net/keys');
    expect(Object.fromEntries(proxy.connections)).toEqual({ 'contoso.vault.azure.net': 1 });
    expect(proxy.refusedHosts).toEqual([]);
  });

  test.each([
    'https://vault.azure.net/',
    'https://a.contoso.vault.azure.net/',
    'https://contoso.vault.azure.net.evil.example/',
    'https://contoso.vault.azure.net:8443/',
    'https://evil.example/',
  ])('refuses %s and remembers it', async (url) => {
    await expect(get(url)).rejects.toThrow(/403 Forbidden/);
    const { hostname, port } = new URL(url);
    expect(proxy.refusedHosts).toEqual([`${hostname}:${port || '443'}`]);
  });

  test('refuses plain HTTP requests', async () => {
    const response = await fetch(`${proxy.url}/`);
    expect(response.status).toBe(403);
  });

  test.each([
    ['refuse', { kind: 'refuse' }, 'ERR_PROXY_TUNNEL'],
    ['reset', { kind: 'reset' }, 'ECONNRESET'],
    ['a cut on the way there', { kind: 'cut', afterSent: 3_000 }, 'ECONNRESET'],
    ['a cut on the way back', { kind: 'cut', afterReceived: 100 }, 'ECONNRESET'],
    ['an inspection of TLS', { kind: 'inspect', certificates: untrusted }, 'SELF_SIGNED_CERT_IN_CHAIN'],
  ] as const)('breaks new connections with %s until it is told to stop', async (_name, fault, code) => {
    const body = 'x'.repeat(5_000);
    proxy.setFault('contoso.vault.azure.net', fault);
    await expect(get('https://contoso.vault.azure.net/', body)).rejects.toMatchObject({ code });
    proxy.setFault('contoso.vault.azure.net', undefined);
    expect(await get('https://contoso.vault.azure.net/', body)).toBe('served contoso.vault.azure.net');
  });

  test('leaves new connections to one host without an answer until it is told to stop, and serves others', async () => {
    proxy.route('stalled.vault.azure.net', server.port);
    proxy.setFault('stalled.vault.azure.net', { kind: 'stall' });
    const leaving = new AbortController();
    const left = expect(get('https://stalled.vault.azure.net/', '', leaving.signal)).rejects.toThrow('enough');
    await expect.poll(() => proxy.connections.get('stalled.vault.azure.net')).toBe(1);
    expect(await get('https://contoso.vault.azure.net/')).toBe('served contoso.vault.azure.net');
    leaving.abort(new Error('enough'));
    await left;
    proxy.setFault('stalled.vault.azure.net', undefined);
    expect(await get('https://stalled.vault.azure.net/')).toBe('served stalled.vault.azure.net');
  });

  test('drops open connections on request', async () => {
    await get('https://contoso.vault.azure.net/');
    const closed = new Promise((resolve) => {
      for (const sockets of Object.values(agent.freeSockets)) sockets?.[0]?.once('close', resolve);
    });
    proxy.dropConnections('contoso.vault.azure.net');
    await closed;
    await get('https://contoso.vault.azure.net/');
    expect(proxy.connections.get('contoso.vault.azure.net')).toBe(2);
  });

  test('names the routes when a fault is set on a host that has none', () => {
    expect(() => proxy.setFault('nowhere', { kind: 'reset' })).toThrow(/contoso\.vault\.azure\.net/);
  });
});
