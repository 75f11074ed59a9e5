import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { describeFailure, failureSentence } from '../../src/escrow/model/failure.ts';
import { fastClock } from '../support/escrow-app.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { challenging } from '../support/foreign-vault.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { openVault } from '../support/source-client.ts';
import { useTlsHost } from '../support/tls-host.ts';

// What proxies, gateways and sign-in pages answer in place of a service, to every kind of call, and what a person reads of it.

const source = { kind: 'vault', name: 'answered', maxBackupsPerSecond: 100_000 } as const;
const hosts = {
  vault: 'answered.vault.azure.net',
  blob: 'answered.blob.core.windows.net',
  queue: 'answered.queue.core.windows.net',
};

interface Foreign {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

let foreign: Foreign;

const azure = await useTestAzure();
const answer: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(foreign.status, foreign.headers).end(foreign.body);
};
await useTlsHost(azure, [hosts.vault], challenging(answer));
await useTlsHost(azure, [hosts.blob, hosts.queue], answer);

type Call = 'list' | 'back up' | 'read' | 'restore' | 'purge' | 'put' | 'list blobs' | 'read a blob' | 'send' | 'look';

/** The sentence of every call, by its name. */
async function sentences(): Promise<Record<Call, string>> {
  const { createBlobContainerStore } = await import('../../src/store/blob-container.ts');
  const { createRequestQueue } = await import('../../src/azure/request-queue.ts');
  const credential = azure.credential(azure.identities.operator);
  const clock = fastClock(100_000);
  const operator = await openVault({ name: 'answered' }, credential, 100_000);
  const { keys } = operator;
  const store = createBlobContainerStore(`https://${hosts.blob}/key-escrow`, credential, clock);
  const queue = createRequestQueue(`https://${hosts.queue}`, 'requests', credential, clock);
  const blob = { name: 'x', bytes: Buffer.from('x'), contentType: 'text/plain', metadata: {} };
  const calls: Record<Call, () => Promise<unknown>> = {
    list: () => Array.fromAsync(keys.listKeys(noLimit)),
    'back up': () => keys.backUpKey('signing', noLimit),
    read: () => keys.getKey('signing', noLimit),
    restore: () => operator.restoreKey(Buffer.from('x'), noLimit),
    purge: () => operator.purgeKey('signing', noLimit),
    put: () => store.create(blob, noLimit),
    'list blobs': () => Array.fromAsync(store.list('x', noLimit)),
    'read a blob': () => store.read('x', noLimit),
    send: () => queue.send({ all: true } as never, noLimit),
    look: () => queue.length(noLimit),
  };
  const said = Object.entries(calls).map(async ([name, call]) => {
    const error = await call().then(
      (value) => new Error(`it went through: ${JSON.stringify(value)}`),
      (thrown: unknown) => thrown,
    );
    return [name, failureSentence(describeFailure(error, 'begin', source))] as const;
  });
  return Object.fromEntries(await Promise.all(said)) as Record<Call, string>;
}

const page = (title: string): Pick<Foreign, 'headers' | 'body'> => ({
  headers: { 'content-type': 'text/html' },
  body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
});

const json = (body: string): Foreign => ({ status: 200, headers: { 'content-type': 'application/json' }, body });

const inPlace = /Something answers in place of answered\.\S+ .*Check what stands between \(proxies, gateways, DNS\)\.$/;
const titled = /a web page came instead of an answer, "Blocked by policy" \(40[34] Http40[34]\)/;
const failedGateway =
  /a web page came instead of an answer, "Bad Gateway" \(50[23] Http50[23]\)\. Another attempt may succeed; if it keeps failing, check what stands between the caller and answered\./;
const notOfTheService =
  /Another attempt may succeed; if it keeps happening, check what stands between the caller and answered\.\S+\.$/;

test.each<[string, Foreign, RegExp[], Call[]?]>([
  ['a page with 403', { status: 403, ...page('Blocked by policy') }, [titled, inPlace]],
  ['a page with 404', { status: 404, ...page('Blocked by policy') }, [titled, inPlace]],
  ['a page with 502', { status: 502, ...page('Bad Gateway') }, [failedGateway]],
  ['a page with 503', { status: 503, ...page('Bad Gateway') }, [failedGateway]],
  ['a sign-in page with 200', { status: 200, ...page('Sign in') }, [notOfTheService]],
  ['a redirect to a sign-in page', { status: 302, headers: { location: 'https://login.corp.example/' } }, [inPlace]],
  ['418 without a word', { status: 418 }, [inPlace]],
  ['nothing with 200', { status: 200 }, [notOfTheService]],
  ['nothing with 204', { status: 204 }, [notOfTheService], ['purge']],
  ['JSON cut short', json('{"value":[{"kid":"https://x'), [notOfTheService]],
  ['null', json('null'), [notOfTheService]],
  // A backup without bytes has words of its own.
  ['JSON of another form', json('{"hello":"world"}'), [notOfTheService], ['back up']],
  ['a list of what are no keys', json('{"value":[{}]}'), [notOfTheService], ['back up']],
])('%s in place of the service is reported as that, whatever was asked', async (_, answered, words, except = []) => {
  foreign = answered;
  const said = await sentences();
  for (const [call, sentence] of Object.entries(said)) {
    if (except.includes(call as Call)) continue;
    for (const expected of words) expect(sentence, call).toMatch(expected);
    expect(sentence, call).not.toMatch(/<|unexpected|request id|went through/);
  }
});
