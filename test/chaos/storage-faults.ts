import type { FaultGround, NamedFault } from './named-fault.ts';

type Disturbance = Parameters<FaultGround['disturbStorage']>;

const key = 'key-2';
const record = { recordOf: key } as const;
const resetAfterWork = { kind: 'resetAfterWork' } as const;
const again = 'sends it again, up to four times';
const givesUp = 'gives up after five attempts';
const patiently = 'waits 30 s a call at most, sends it again';
const remedied = 'gives up, with that code’s remedy';
const compares = 'compares the digest of what is there';
const takesNext = 'takes the next number, warns';
const reports = 'reports the service’s code';
const status = (code: string, number: number) => ({ kind: 'status', status: number, code }) as const;
const put = (effect: Disturbance[0]['effect'], times?: number): Disturbance[0] => ({
  ...{ operation: 'putBlob', effect },
  ...(times !== undefined && { times }),
});
const fails = (code: string): Partial<NamedFault> => ({ expected: { failed: [key], code } });
const problem = (code: string, escrowed: 'all' | 'none'): Partial<NamedFault> => ({ expected: { escrowed, code } });

/** A row of storage, by the fault of the requests for some of the blobs or by what arranges it; every key is escrowed unless `more` says otherwise. */
const row = (
  name: string,
  does: string,
  fault: Disturbance | NamedFault['arrange'],
  more: Partial<NamedFault> = {},
): NamedFault => ({
  ...{ where: 'Blob Storage', expected: 'escrowed', name, does, ...more },
  arrange: typeof fault === 'function' ? fault : ({ disturbStorage }) => disturbStorage(...fault),
});

/** The faults of the escrow account and the way to it. */
export const storageFaults: readonly NamedFault[] = [
  row('latency', patiently, [put({ kind: 'latency', ms: 60 }), 'record']),
  row('500 InternalError, a few times', again, [put(status('InternalError', 500), 3), 'record']),
  row('503 ServerBusy, a few times', again, [put(status('ServerBusy', 503), 3), 'record']),
  row('503 ServerBusy, for ever', givesUp, [put(status('ServerBusy', 503)), record], fails('ServerBusy')),
  row('400 Md5Mismatch, once', again, [put(status('Md5Mismatch', 400), 1), record]),
  row('400 Md5Mismatch, for ever', givesUp, [put(status('Md5Mismatch', 400)), record], fails('Md5Mismatch')),
  row('reset before the blob was stored', again, [put({ kind: 'reset' }, 3), 'record']),
  row('reset after the blob was stored', compares, [put(resetAfterWork, 4), 'record']),
  row('403 on the second try', compares, [put(resetAfterWork, 4), 'record'], { alone: answerForbidden }),
  row('no answer, once', patiently, [put({ kind: 'stall' }, 1), record], { patience: 'one time-out' }),
  row('409, over a taken name', takesNext, ({ occupy }) => occupy(key)),
  row('UnauthorizedBlobOverwrite, over a taken name', takesNext, ({ occupy }) => occupy(key), {
    alone: answerForbidden,
  }),
  row('BlobImmutableDueToPolicy, over a taken name', takesNext, async ({ occupy, disturbStorage }) => {
    await occupy(key);
    disturbStorage(put(status('BlobImmutableDueToPolicy', 409), 1), record);
  }),
  row(
    'BlobImmutableDueToLegalHold, over a taken name',
    'gives up, as the next name is refused too',
    async ({ occupy, disturbStorage }) => {
      await occupy(key);
      disturbStorage(put(status('BlobImmutableDueToLegalHold', 409)), record);
    },
    {
      ...fails('BlobImmutableDueToLegalHold'),
      says: /: write-once \(409 BlobImmutableDueToLegalHold, .*Nothing that exists is overwritten or deleted/s,
    },
  ),
  row(
    'InvalidAuthenticationInfo of another tenant',
    remedied,
    [{ effect: { ...status('InvalidAuthenticationInfo', 401), detail: 'Issuer did not match.' } }, record],
    {
      ...fails('InvalidAuthenticationInfo'),
      says: /Issuer did not match\. [^ ]+ is in another tenant than the identity/,
    },
  ),
  row('KeyVaultEncryptionKeyNotFound', remedied, [{ effect: status('KeyVaultEncryptionKeyNotFound', 403) }, record], {
    ...fails('KeyVaultEncryptionKeyNotFound'),
    says: /Recover the key that encrypts [^ ]+ in its Key Vault/,
  }),
  row('AuthorizationFailure', remedied, [{ effect: status('AuthorizationFailure', 403) }, record], {
    ...fails('AuthorizationFailure'),
    says: /This request is not authorized to perform this operation\. Let the caller's subnet or address through the firewall of /,
  }),
  row(
    '409, though nothing is there',
    reports,
    [put(status('BlobAlreadyExists', 409)), record],
    fails('BlobAlreadyExists'),
  ),
  row('412, though nothing is there', reports, [put(status('ConditionNotMet', 412)), record], fails('ConditionNotMet')),
  row(
    'AuthorizationPermissionMismatch',
    remedied,
    [put(status('AuthorizationPermissionMismatch', 403)), record],
    fails('AuthorizationPermissionMismatch'),
  ),
  row(
    'the run report cannot be written',
    'fails the run',
    [put(status('InternalError', 500)), 'report'],
    problem('InternalError', 'all'),
  ),
  row('reset after the run report was stored', compares, [put(resetAfterWork, 1), 'report']),
  row(
    'the run’s marker cannot be written',
    'starts nothing',
    [put(status('InternalError', 500)), 'started'],
    problem('InternalError', 'none'),
  ),
  row('requests cut off', again, () => undefined, {
    alone: ({ containerUrl, proxy }) => disturbHost(containerUrl, proxy),
  }),
];

/** What a create-only identity may hear instead of 409; which of the two Azure says is unverified. */
function answerForbidden({ storage: gate }: Parameters<NonNullable<NamedFault['alone']>>[0]): () => void {
  gate.existingBlobAnswer = 'forbidden';
  return () => {
    gate.existingBlobAnswer = 'conflict';
  };
}

function disturbHost(
  containerUrl: string,
  proxy: Parameters<NonNullable<NamedFault['alone']>>[0]['proxy'],
): () => void {
  const host = new URL(containerUrl).hostname;
  proxy.setFault(host, { kind: 'cut', afterSent: 24_000 });
  // Kept connections would live on.
  proxy.dropConnections(host);
  return () => proxy.setFault(host, undefined);
}
