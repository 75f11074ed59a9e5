import { createCertificates } from '../../local-azure/network/certificates.ts';
import { fromNow } from '../support/now.ts';
import type { NamedFault } from './named-fault.ts';

const backup = { operation: 'backupKey' } as const;
const one = { ...backup, keyName: 'key-2' } as const;
const unsent = 'sends no token, says what to check';
const checks = 'says what to check';
const turnedBack = 'does not follow it, keeps what was listed';
const vault = { where: 'Key Vault', expected: 'escrowed' } as const;
const waited = 'halves the pace, holds the source for 1, 2, 4, 8, 16 s';
const untilThen = 'waits until then, at most ten minutes';
const again = 'asks again, up to four times';
const patiently = 'waits 30 s a call at most, asks again';

/** The faults of Key Vault, Managed HSM and the way to them. */
export const keyVaultFaults: readonly NamedFault[] = [
  {
    ...vault,
    name: 'latency',
    does: patiently,
    arrange: ({ disturb }) => disturb({ effect: { kind: 'latency', ms: 30, jitterMs: 60 } }),
  },
  {
    ...vault,
    name: '429 storm without Retry-After',
    does: waited,
    arrange: ({ disturb }) => disturb({ ...backup, times: 40, effect: { kind: 'throttle' } }),
  },
  {
    ...vault,
    name: 'Retry-After in seconds',
    does: untilThen,
    arrange: ({ disturb }) => disturb({ ...backup, times: 8, effect: { kind: 'throttle', retryAfter: 2 } }),
  },
  {
    ...vault,
    name: 'Retry-After as a date',
    does: untilThen,
    arrange: ({ disturb }) =>
      disturb({ ...backup, times: 8, effect: { kind: 'throttle', retryAfter: fromNow(3_000) } }),
  },
  {
    ...vault,
    name: '429 while listing',
    does: waited,
    arrange: ({ disturb }) => disturb({ operation: 'listKeys', times: 5, effect: { kind: 'throttle' } }),
  },
  {
    ...vault,
    name: 'a throttle limit per second',
    does: waited,
    arrange: ({ source }) => source.setCallsPerSecond(4),
  },
  ...[408, 500, 502, 503, 504].map(
    (status): NamedFault => ({
      ...vault,
      // test/azure/http/retry.test.ts knows each.
      ...(status !== 503 && { twin: true as const }),
      name: `${status}, a few times`,
      does: again,
      arrange: ({ disturb }) => disturb({ ...one, times: 3, effect: { kind: 'status', status } }),
    }),
  ),
  {
    ...vault,
    name: '409, a few times',
    does: 'waits up to five minutes',
    arrange: ({ disturb }) => disturb({ ...one, times: 6, effect: { kind: 'conflict' } }),
  },
  {
    ...vault,
    name: '409, for ever',
    does: 'gives up after five minutes',
    expected: { failed: ['key-2'], code: 'Conflict' },
    arrange: ({ disturb }) => disturb({ ...one, effect: { kind: 'conflict' } }),
  },
  {
    ...vault,
    name: 'Retry-After of a 503',
    does: untilThen,
    arrange: ({ disturb }) => disturb({ ...backup, times: 2, effect: { kind: 'status', status: 503, retryAfter: 1 } }),
  },
  {
    ...vault,
    name: '500 with an empty body, for ever',
    does: 'gives up after five attempts',
    expected: { failed: ['key-2'], code: 'Http500' },
    arrange: ({ disturb }) => disturb({ ...one, effect: { kind: 'status', status: 500, emptyBody: true } }),
  },
  {
    ...vault,
    name: '503, for ever',
    does: 'gives up after five attempts',
    expected: { failed: ['key-2'], code: 'ServiceUnavailable' },
    arrange: ({ disturb }) => disturb({ ...one, effect: { kind: 'status', status: 503 } }),
  },
  {
    ...vault,
    name: 'reset before the work',
    does: again,
    arrange: ({ disturb }) => disturb({ ...backup, times: 3, effect: { kind: 'reset' } }),
  },
  {
    ...vault,
    name: 'reset after the work',
    does: 'backs up again; the lost backup is stored nowhere',
    arrange: ({ disturb }) => disturb({ ...backup, times: 3, effect: { kind: 'resetAfterWork' } }),
  },
  {
    ...vault,
    name: 'answers cut off',
    does: again,
    arrange: ({ azure, source }) => azure.proxy.setFault(hostOf(source.url), { kind: 'cut', afterReceived: 14_000 }),
  },
  {
    ...vault,
    name: 'connection refused',
    does: checks,
    expected: { problem: 'ERR_PROXY_TUNNEL', escrowed: 'none' },
    says: /the proxy did not let the call through .* 502 .*Have the proxy of HTTPS_PROXY let [^ ]+ through/s,
    arrange: ({ azure, source }) => azure.proxy.setFault(hostOf(source.url), { kind: 'refuse' }),
  },
  {
    ...vault,
    name: 'TLS inspection',
    does: unsent,
    expected: { problem: 'SELF_SIGNED_CERT_IN_CHAIN', escrowed: 'none' },
    says: /the certificate is not trusted \(SELF_SIGNED_CERT_IN_CHAIN\).*NODE_EXTRA_CA_CERTS\./s,
    arrange: async ({ azure, source }) =>
      azure.proxy.setFault(hostOf(source.url), { kind: 'inspect', certificates: await createCertificates() }),
  },
  {
    ...vault,
    where: 'Managed HSM',
    name: 'an HSM that cannot be reached',
    does: checks,
    expected: { problem: 'ECONNRESET', escrowed: 'none' },
    arrange: ({ azure, source }) => azure.proxy.setFault(hostOf(source.url), { kind: 'reset' }),
  },
  {
    ...vault,
    name: 'no answer, once',
    patience: 'one time-out',
    does: patiently,
    arrange: ({ disturb }) => disturb({ ...one, times: 1, effect: { kind: 'stall' } }),
  },
  {
    ...vault,
    name: 'no answer while listing, once',
    patience: 'one time-out',
    does: patiently,
    arrange: ({ disturb }) => disturb({ operation: 'listKeys', times: 1, effect: { kind: 'stall' } }),
  },
  {
    ...vault,
    name: 'over 500 versions, no answer',
    patience: 'five time-outs',
    does: 'gives up after five attempts, asks for a new key',
    expected: { failed: ['many'], code: 'TimedOut' },
    arrange: ({ source }) => source.addKey({ name: 'many', versions: 501 }),
  },
  {
    ...vault,
    name: 'a truncated body',
    does: again,
    arrange: ({ disturb }) => disturb({ ...backup, times: 3, effect: { kind: 'truncate' } }),
  },
  {
    ...vault,
    name: 'invalid JSON',
    does: again,
    arrange: ({ disturb }) => disturb({ ...backup, times: 3, effect: { kind: 'notJson' } }),
  },
  {
    ...vault,
    name: 'an empty backup',
    does: 'stores nothing',
    expected: { failed: ['key-2'], code: 'EmptyBackup' },
    arrange: ({ disturb }) => disturb({ ...one, times: 1, effect: { kind: 'emptyValue' } }),
  },
  {
    ...vault,
    name: 'one without value',
    does: 'stores nothing',
    expected: { failed: ['key-2'], code: 'EmptyBackup' },
    arrange: ({ disturb }) => disturb({ ...one, times: 1, effect: { kind: 'missingValue' } }),
  },
  {
    ...vault,
    name: 'a token that expires in a run',
    does: 'gets a new one',
    arrange: ({ disturb }) => disturb({ ...backup, skip: 2, times: 2, effect: { kind: 'expireToken' } }),
  },
  {
    ...vault,
    name: 'a nextLink to another host',
    does: turnedBack,
    expected: { problem: 'ForeignHost', escrowed: 'all' },
    says: /the token went to no other host\. Check what stands between/,
    arrange: ({ disturb }) =>
      disturb({ operation: 'listKeys', effect: { kind: 'foreignNextLink', host: 'evil.vault.azure.net' } }),
  },
  {
    ...vault,
    name: 'a nextLink in a circle',
    does: turnedBack,
    expected: { problem: 'NextLinkLoop', escrowed: 'all' },
    says: /goes round in a circle.*Check what stands between \(proxies, gateways, DNS\)\./s,
    arrange: ({ disturb }) => disturb({ operation: 'listKeys', effect: { kind: 'loopNextLink' } }),
  },
  {
    ...vault,
    name: 'a redirect to another host',
    does: 'does not follow it',
    expected: { failed: ['key-2'], code: 'Http307' },
    arrange: ({ disturb }) =>
      disturb({ ...one, effect: { kind: 'redirect', location: 'https://evil.vault.azure.net/' } }),
  },
  ...(
    ['AccessDenied', 'ForbiddenByPolicy', 'ForbiddenByRbac', 'ForbiddenByFirewall', 'ForbiddenByConnection'] as const
  ).map(
    (reason): NamedFault => ({
      ...vault,
      // test/journeys/incomplete-run.test.ts runs into each of the others.
      ...(reason !== 'ForbiddenByPolicy' && { twin: true as const }),
      name: reason,
      does: 'gives up at once, with that code’s remedy',
      expected: { failed: ['key-2'], code: reason },
      arrange: ({ disturb }) => disturb({ ...one, effect: { kind: 'forbidden', reason } }),
    }),
  ),
  {
    ...vault,
    name: '403 ForbiddenByPolicy of the listing',
    does: checks,
    expected: { problem: 'ForbiddenByPolicy', escrowed: 'none' },
    says: /Grant the key permission "list" in the vault's access policies\./,
    arrange: ({ disturb }) =>
      disturb({ operation: 'listKeys', effect: { kind: 'forbidden', reason: 'ForbiddenByPolicy' } }),
  },
  {
    ...vault,
    name: 'an unknown 403',
    does: 'gives up at once, with that code’s remedy',
    expected: { failed: ['key-2'], code: 'ForbiddenByPerimeter' },
    says: /access refused \(403 ForbiddenByPerimeter, .*Ask whoever administers /s,
    arrange: ({ disturb }) =>
      disturb({
        ...one,
        effect: { kind: 'status', status: 403, code: 'Forbidden', innerCode: 'ForbiddenByPerimeter' },
      }),
  },
  {
    ...vault,
    name: 'a challenge of another domain',
    does: unsent,
    expected: { problem: 'ForeignChallenge', escrowed: 'none' },
    says: /does not match the requested domain\. The DNS suffix or the cloud does not fit /,
    arrange: ({ disturb }) =>
      disturb({
        requests: 'all',
        effect: { kind: 'foreignChallenge', resource: 'https://vault.local.azurestack.external' },
      }),
  },
  {
    ...vault,
    name: 'a key that vanishes after listing',
    does: 'names the key',
    expected: { failed: ['key-2'], code: 'KeyNotFound' },
    arrange: ({ disturb }) => disturb({ ...one, effect: { kind: 'status', status: 404, code: 'KeyNotFound' } }),
  },
  {
    ...vault,
    name: 'a source that lists nothing',
    does: 'fails, unless `allowEmpty` is set',
    expected: { problem: 'sourceIsEmpty', escrowed: 'none' },
    arrange: ({ source }) => {
      for (const name of source.keyNames()) source.purgeKey(name);
    },
  },
];

function hostOf(url: string): string {
  return new URL(url).hostname;
}
