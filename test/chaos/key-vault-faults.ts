import { createCertificates } from '../../local-azure/network/certificates.ts';
import { fromNow } from '../support/now.ts';
import type { ExpectedOutcome, FaultGround, NamedFault } from './named-fault.ts';

const backup = { operation: 'backupKey' } as const;
const one = { ...backup, keyName: 'key-2' } as const;
const listing = { operation: 'listKeys' } as const;
const once = { patience: 'one time-out' } as const;
const unsent = 'sends no token, says what to check';
const checks = 'says what to check';
const turnedBack = 'does not follow it, keeps what was listed';
const waited = 'halves the pace, holds the source for 1, 2, 4, 8, 16 s';
const untilThen = 'waits until then, at most ten minutes';
const again = 'asks again, up to four times';
const patiently = 'waits 30 s a call at most, asks again';
const givesUp = 'gives up after five attempts';
const atOnce = 'gives up at once, with that code’s remedy';

/** A row of Key Vault, by the fault of its requests or by what arranges it; every key is escrowed unless `more` says otherwise. */
const row = (
  name: string,
  does: string,
  fault: Parameters<FaultGround['disturb']>[0] | NamedFault['arrange'],
  more: Partial<NamedFault> = {},
): NamedFault => ({
  ...{ where: 'Key Vault', expected: 'escrowed', name, does, ...more },
  arrange: typeof fault === 'function' ? fault : ({ disturb }) => disturb(fault),
});

const fails = (code: string, key = 'key-2'): { expected: ExpectedOutcome } => ({ expected: { failed: [key], code } });
const problem = (code: string, says?: RegExp, escrowed: 'all' | 'none' = 'none'): Partial<NamedFault> => ({
  expected: { escrowed, code },
  ...(says && { says }),
});
const proxied =
  (fault: Parameters<FaultGround['azure']['proxy']['setFault']>[1]): NamedFault['arrange'] =>
  ({ azure, source }) =>
    azure.proxy.setFault(new URL(source.url).hostname, fault);

/** The faults of Key Vault, Managed HSM and the way to them. */
export const keyVaultFaults: readonly NamedFault[] = [
  row('latency', patiently, { effect: { kind: 'latency', ms: 30, jitterMs: 60 } }),
  row('429 storm without Retry-After', waited, { ...backup, times: 40, effect: { kind: 'throttle' } }),
  row('Retry-After in seconds', untilThen, { ...backup, times: 8, effect: { kind: 'throttle', retryAfter: 2 } }),
  row('Retry-After as a date', untilThen, ({ disturb }) =>
    disturb({ ...backup, times: 8, effect: { kind: 'throttle', retryAfter: fromNow(3_000) } }),
  ),
  row('429 while listing', waited, { ...listing, times: 5, effect: { kind: 'throttle' } }),
  row('a throttle limit per second', waited, ({ source }) => source.setCallsPerSecond(4)),
  // test/azure/http/retry.test.ts knows each.
  ...[408, 500, 502, 503, 504].map((status) =>
    row(
      `${status}, a few times`,
      again,
      { ...one, times: 3, effect: { kind: 'status', status } },
      status === 503 ? {} : { twin: true },
    ),
  ),
  row('409, a few times', 'waits up to five minutes', { ...one, times: 6, effect: { kind: 'conflict' } }),
  row('409, for ever', 'gives up after five minutes', { ...one, effect: { kind: 'conflict' } }, fails('Conflict')),
  row('Retry-After of a 503', untilThen, {
    ...backup,
    times: 2,
    effect: { kind: 'status', status: 503, retryAfter: 1 },
  }),
  row(
    '500 with an empty body, for ever',
    givesUp,
    { ...one, effect: { kind: 'status', status: 500, emptyBody: true } },
    fails('Http500'),
  ),
  row('503, for ever', givesUp, { ...one, effect: { kind: 'status', status: 503 } }, fails('ServiceUnavailable')),
  row('reset before the work', again, { ...backup, times: 3, effect: { kind: 'reset' } }),
  row('reset after the work', 'backs up again; the lost backup is stored nowhere', {
    ...backup,
    times: 3,
    effect: { kind: 'resetAfterWork' },
  }),
  row('answers cut off', again, proxied({ kind: 'cut', afterReceived: 14_000 })),
  row(
    'connection refused',
    checks,
    proxied({ kind: 'refuse' }),
    problem(
      'ERR_PROXY_TUNNEL',
      /the proxy did not let the call through .* 502 .*Have the proxy of HTTPS_PROXY let [^ ]+ through/s,
    ),
  ),
  row(
    'TLS inspection',
    unsent,
    async (ground) => proxied({ kind: 'inspect', certificates: await createCertificates() })(ground),
    problem(
      'SELF_SIGNED_CERT_IN_CHAIN',
      /the certificate is not trusted \(SELF_SIGNED_CERT_IN_CHAIN\).*NODE_EXTRA_CA_CERTS\./s,
    ),
  ),
  row('an HSM that cannot be reached', checks, proxied({ kind: 'reset' }), {
    where: 'Managed HSM',
    ...problem('ECONNRESET'),
  }),
  row('no answer, once', patiently, { ...one, times: 1, effect: { kind: 'stall' } }, once),
  row('no answer while listing, once', patiently, { ...listing, times: 1, effect: { kind: 'stall' } }, once),
  row(
    'over 500 versions, no answer',
    'gives up after five attempts, asks for a new key',
    ({ source }) => source.addKey({ name: 'many', versions: 501 }),
    { patience: 'five time-outs', ...fails('TimedOut', 'many') },
  ),
  row('a truncated body', again, { ...backup, times: 3, effect: { kind: 'truncate' } }),
  row('invalid JSON', again, { ...backup, times: 3, effect: { kind: 'notJson' } }),
  row('an empty backup', 'stores nothing', { ...one, times: 1, effect: { kind: 'emptyValue' } }, fails('EmptyBackup')),
  row(
    'one without value',
    'stores nothing',
    { ...one, times: 1, effect: { kind: 'missingValue' } },
    fails('EmptyBackup'),
  ),
  row('a token that expires in a run', 'gets a new one', {
    ...backup,
    skip: 2,
    times: 2,
    effect: { kind: 'expireToken' },
  }),
  row(
    'a nextLink to another host',
    turnedBack,
    { ...listing, effect: { kind: 'foreignNextLink', host: 'evil.vault.azure.net' } },
    problem('ForeignHost', /the token went to no other host\. Check what stands between/, 'all'),
  ),
  row(
    'a nextLink in a circle',
    turnedBack,
    { ...listing, effect: { kind: 'loopNextLink' } },
    problem('NextLinkLoop', /goes round in a circle.*Check what stands between \(proxies, gateways, DNS\)\./s, 'all'),
  ),
  row(
    'a redirect to another host',
    'does not follow it',
    { ...one, effect: { kind: 'redirect', location: 'https://evil.vault.azure.net/' } },
    fails('Http307'),
  ),
  // test/journeys/incomplete-run.test.ts runs into each but ForbiddenByPolicy.
  ...(
    ['AccessDenied', 'ForbiddenByPolicy', 'ForbiddenByRbac', 'ForbiddenByFirewall', 'ForbiddenByConnection'] as const
  ).map((reason) =>
    row(
      reason,
      atOnce,
      { ...one, effect: { kind: 'forbidden', reason } },
      { ...(reason !== 'ForbiddenByPolicy' && { twin: true as const }), ...fails(reason) },
    ),
  ),
  row(
    '403 ForbiddenByPolicy of the listing',
    checks,
    { ...listing, effect: { kind: 'forbidden', reason: 'ForbiddenByPolicy' } },
    problem(
      'ForbiddenByPolicy',
      /access denied \(403 ForbiddenByPolicy, .*Grant the key permission "list" in the vault's access policies\./s,
    ),
  ),
  row(
    'an unknown 403',
    atOnce,
    { ...one, effect: { kind: 'status', status: 403, code: 'Forbidden', innerCode: 'ForbiddenByPerimeter' } },
    {
      ...fails('ForbiddenByPerimeter'),
      says: /access refused \(403 ForbiddenByPerimeter, .*Ask whoever administers /s,
    },
  ),
  row(
    'a challenge of another domain',
    unsent,
    { requests: 'all', effect: { kind: 'foreignChallenge', resource: 'https://vault.local.azurestack.external' } },
    problem('ForeignChallenge', /does not match the requested domain\. The DNS suffix or the cloud does not fit /),
  ),
  row(
    'a key that vanishes after listing',
    'names the key',
    { ...one, effect: { kind: 'status', status: 404, code: 'KeyNotFound' } },
    fails('KeyNotFound'),
  ),
  row(
    'a source that lists nothing',
    'fails, unless `allowEmpty` is set',
    ({ source }) => {
      for (const name of source.keyNames()) source.purgeKey(name);
    },
    problem('sourceIsEmpty'),
  ),
];
