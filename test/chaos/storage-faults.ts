import type { NamedFault } from './named-fault.ts';

const put = { operation: 'putBlob' } as const;
const storage = { where: 'Blob Storage', expected: 'escrowed' } as const;
const key = 'key-2';
const record = { recordOf: key } as const;
const again = 'sends it again, up to four times';
const patiently = 'waits 30 s a call at most, sends it again';
const remedied = 'gives up, with that code’s remedy';
const status = (code: string, number: number) => ({ kind: 'status', status: number, code }) as const;
const failed = (code: string) => ({ failed: [key], code }) as const;

/** The faults of the escrow account and the way to it. */
export const storageFaults: readonly NamedFault[] = [
  {
    ...storage,
    name: 'latency',
    does: patiently,
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, effect: { kind: 'latency', ms: 60 } }, 'record'),
  },
  {
    ...storage,
    name: '500 InternalError, a few times',
    does: again,
    arrange: ({ disturbStorage }) =>
      disturbStorage({ ...put, times: 3, effect: status('InternalError', 500) }, 'record'),
  },
  {
    ...storage,
    name: '503 ServerBusy, a few times',
    does: again,
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, times: 3, effect: status('ServerBusy', 503) }, 'record'),
  },
  {
    ...storage,
    name: '503 ServerBusy, for ever',
    does: 'gives up after five attempts',
    expected: failed('ServerBusy'),
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, effect: status('ServerBusy', 503) }, record),
  },
  {
    ...storage,
    name: '400 Md5Mismatch, once',
    does: again,
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, times: 1, effect: status('Md5Mismatch', 400) }, record),
  },
  {
    ...storage,
    name: '400 Md5Mismatch, for ever',
    does: 'gives up after five attempts',
    expected: failed('Md5Mismatch'),
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, effect: status('Md5Mismatch', 400) }, record),
  },
  {
    ...storage,
    name: 'reset before the blob was stored',
    does: again,
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, times: 3, effect: { kind: 'reset' } }, 'record'),
  },
  {
    ...storage,
    name: 'reset after the blob was stored',
    does: 'compares the digest of what is there',
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, times: 4, effect: { kind: 'resetAfterWork' } }, 'record'),
  },
  {
    ...storage,
    name: '403 on the second try',
    does: 'compares the digest of what is there',
    alone: answerForbidden,
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, times: 4, effect: { kind: 'resetAfterWork' } }, 'record'),
  },
  {
    ...storage,
    name: 'no answer, once',
    patience: 'one time-out',
    does: patiently,
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, times: 1, effect: { kind: 'stall' } }, record),
  },
  {
    ...storage,
    name: '409, over a taken name',
    does: 'takes the next number, warns',
    arrange: ({ occupy }) => occupy(key),
  },
  {
    ...storage,
    name: 'UnauthorizedBlobOverwrite, over a taken name',
    does: 'takes the next number, warns',
    alone: answerForbidden,
    arrange: ({ occupy }) => occupy(key),
  },
  {
    ...storage,
    name: 'BlobImmutableDueToPolicy, over a taken name',
    does: 'takes the next number, warns',
    arrange: async ({ occupy, disturbStorage }) => {
      await occupy(key);
      disturbStorage({ ...put, times: 1, effect: status('BlobImmutableDueToPolicy', 409) }, record);
    },
  },
  {
    ...storage,
    name: 'BlobImmutableDueToLegalHold, over a taken name',
    does: 'gives up, as the next name is refused too',
    expected: failed('BlobImmutableDueToLegalHold'),
    says: /: write-once \(409 BlobImmutableDueToLegalHold, .*Nothing that exists is overwritten or deleted/s,
    arrange: async ({ occupy, disturbStorage }) => {
      await occupy(key);
      disturbStorage({ ...put, effect: status('BlobImmutableDueToLegalHold', 409) }, record);
    },
  },
  {
    ...storage,
    name: 'InvalidAuthenticationInfo of another tenant',
    does: remedied,
    expected: failed('InvalidAuthenticationInfo'),
    says: /Issuer did not match\. [^ ]+ is in another tenant than the identity/,
    arrange: ({ disturbStorage }) =>
      disturbStorage(
        { effect: { ...status('InvalidAuthenticationInfo', 401), detail: 'Issuer did not match.' } },
        record,
      ),
  },
  {
    ...storage,
    name: 'KeyVaultEncryptionKeyNotFound',
    does: remedied,
    expected: failed('KeyVaultEncryptionKeyNotFound'),
    says: /Recover the key that encrypts [^ ]+ in its Key Vault/,
    arrange: ({ disturbStorage }) => disturbStorage({ effect: status('KeyVaultEncryptionKeyNotFound', 403) }, record),
  },
  {
    ...storage,
    name: 'AuthorizationFailure',
    does: remedied,
    expected: failed('AuthorizationFailure'),
    says: /This request is not authorized to perform this operation\. Let the caller's subnet or address through the firewall of /,
    arrange: ({ disturbStorage }) => disturbStorage({ effect: status('AuthorizationFailure', 403) }, record),
  },
  {
    ...storage,
    name: '409, though nothing is there',
    does: 'reports the service’s code',
    expected: failed('BlobAlreadyExists'),
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, effect: status('BlobAlreadyExists', 409) }, record),
  },
  {
    ...storage,
    name: '412, though nothing is there',
    does: 'reports the service’s code',
    expected: failed('ConditionNotMet'),
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, effect: status('ConditionNotMet', 412) }, record),
  },
  {
    ...storage,
    name: 'AuthorizationPermissionMismatch',
    does: remedied,
    expected: failed('AuthorizationPermissionMismatch'),
    arrange: ({ disturbStorage }) =>
      disturbStorage({ ...put, effect: status('AuthorizationPermissionMismatch', 403) }, record),
  },
  {
    ...storage,
    name: 'the run report cannot be written',
    does: 'fails the run',
    expected: { problem: 'InternalError', escrowed: 'all' },
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, effect: status('InternalError', 500) }, 'report'),
  },
  {
    ...storage,
    name: 'reset after the run report was stored',
    does: 'compares the digest of what is there',
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, times: 1, effect: { kind: 'resetAfterWork' } }, 'report'),
  },
  {
    ...storage,
    name: 'the run’s marker cannot be written',
    does: 'starts nothing',
    expected: { problem: 'InternalError', escrowed: 'none' },
    arrange: ({ disturbStorage }) => disturbStorage({ ...put, effect: status('InternalError', 500) }, 'started'),
  },
  {
    ...storage,
    name: 'requests cut off',
    does: again,
    alone: ({ containerUrl, proxy }) => disturbHost(containerUrl, proxy),
    arrange: () => undefined,
  },
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
