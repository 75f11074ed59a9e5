import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeFailure, failureSentence } from '../../../src/escrow/model/failure.ts';
import type { FailureKind } from '../../../src/escrow/model/failure-kind.ts';
import {
  OutOfTime,
  reasonOf,
  remedyOf,
  type ServiceAnswer,
  type ServiceError,
  type ServiceName,
} from '../../../src/escrow/model/service-error.ts';
import type { SourceOperation } from '../../../src/escrow/model/source-operation.ts';
import { answered } from '../../support/answers.ts';

const prod = { kind: 'vault', name: 'contoso-prod' } as const;
const hsm = { kind: 'managedHsm', name: 'contoso-hsm' } as const;

type Answer = Omit<ServiceAnswer, 'service' | 'kind' | 'code'> & {
  readonly code?: string;
  readonly kind?: FailureKind;
};
const answersOf =
  (service: ServiceName, host: string) =>
  (statusCode: number | undefined, code?: string, words = 'no', more: Partial<Answer> = {}): ServiceError =>
    answered(service, { host, statusCode, ...(code !== undefined && { code }), ...more }, words);
const vaultSays = answersOf('Key Vault', 'contoso-prod.vault.azure.net');
const storageSays = answersOf('Blob Storage', 'escrow.blob.core.windows.net');
const forbidden = (innerCode: string | undefined, words = 'Caller is not authorized.'): ServiceError =>
  vaultSays(403, 'Forbidden', words, { innerCode, requestId: 'r-1' });
const remedy = (
  error: unknown,
  operation: SourceOperation = 'backUp',
  source: typeof prod | typeof hsm = prod,
): string => describeFailure(error, operation, source, 'payroll').remedy;

describe('a missing permission', () => {
  test('of a role is named by its data action, for what was being done', () => {
    expect(remedy(forbidden('ForbiddenByRbac'))).toBe('Grant Microsoft.KeyVault/vaults/keys/backup/action.');
    expect(remedy(forbidden('ForbiddenByRbac'), 'list')).toBe('Grant Microsoft.KeyVault/vaults/keys/read.');
    expect(remedy(forbidden('ForbiddenByRbac'), 'purge')).toBe('Grant Microsoft.KeyVault/vaults/keys/purge/action.');
  });

  test.each(['AccessDenied', 'ForbiddenByPolicy'])('of an access policy (%s) by the key permission', (innerCode) => {
    const words =
      "The user, group or application 'appid=1' does not have keys purge permission on key vault 'contoso-prod'.";
    const grant = (permission: string) => `Grant the key permission "${permission}" in the vault's access policies.`;
    expect(remedy(forbidden(innerCode, words), 'purge')).toBe(grant('purge'));
    expect(remedy(forbidden(innerCode, words), 'list')).toBe(grant('list'));
    expect(remedy(forbidden(innerCode, words), 'read')).toBe(grant('get'));
    expect(remedy(forbidden(innerCode, words), 'backUp')).toBe(grant('backup'));
  });

  test('of an HSM is one of its local RBAC', () => {
    const denied = answered('Managed HSM', { statusCode: 403, code: 'AccessDenied' }, 'Not authorized to access');
    expect(remedy(denied, 'list', hsm)).toBe(
      "Grant Microsoft.KeyVault/managedHsm/keys/read/action in the HSM's local RBAC, scope /keys (infra has the script).",
    );
  });

  test('of storage is what the app needs, or to read alone where a record was to be read', () => {
    const denied = storageSays(403, 'AuthorizationPermissionMismatch');
    expect(remedy(denied)).toBe('Grant blobs/add/action and blobs/read on the escrow container.');
    expect(remedy(denied, 'readRecord')).toBe('Grant blobs/read on the escrow container.');
  });
});

describe('what an answer means, and what to do about it', () => {
  const rows: readonly (readonly [input: string, error: ServiceError, reason: string, remedy: RegExp | string])[] = [
    [
      'a purge that purge protection forbids',
      forbidden(undefined, 'Operation "purge" is not allowed because purge protection is enabled for this vault.'),
      'purge protection (403 Forbidden, request r-1): Operation "purge" is not allowed because purge protection is enabled for this vault',
      'This source does not let a deleted key be purged: it goes at the end of its retention.',
    ],
    [
      'a certificate-backed key',
      forbidden(undefined, 'Operation "backup" is not allowed on this Key, since it is associated with a certificate.'),
      'Operation "backup" is not allowed on this Key, since it is associated with a certificate (403 Forbidden, request r-1)',
      /^Back up the certificate instead/,
    ],
    [
      "a source's firewall",
      forbidden('ForbiddenByFirewall'),
      'the firewall refused this address (403 ForbiddenByFirewall, request r-1): Caller is not authorized',
      "Let the caller's subnet or address through the firewall of contoso-prod.vault.azure.net, or connect a private endpoint.",
    ],
    [
      'a source without public access',
      forbidden('ForbiddenByConnection'),
      'only private connections are accepted (403 ForbiddenByConnection, request r-1): Caller is not authorized',
      /through an approved private endpoint\.$/,
    ],
    [
      'a 403 that we do not know',
      forbidden('ForbiddenByNetworkSecurityPerimeter', 'Access is denied by the perimeter rules.'),
      'access refused (403 ForbiddenByNetworkSecurityPerimeter, request r-1): Access is denied by the perimeter rules',
      /^The service's message says what refuses it: .* Ask whoever administers contoso-prod\.vault\.azure\.net\.$/,
    ],
    [
      'a storage account of another tenant',
      storageSays(401, 'InvalidAuthenticationInfo', 'Server failed to authenticate the request. Issuer did not match.'),
      'the token is of another tenant (401 InvalidAuthenticationInfo): Server failed to authenticate the request. Issuer did not match',
      /^escrow\.blob\.core\.windows\.net is in another tenant than the identity/,
    ],
    [
      'a token that storage refuses for another reason',
      storageSays(401, 'InvalidAuthenticationInfo', 'Lifetime validation failed.'),
      'the token was refused (401 InvalidAuthenticationInfo): Lifetime validation failed',
      /^Check that the identity belongs to the tenant of escrow\.blob\.core\.windows\.net/,
    ],
    [
      'a token that a source refuses',
      vaultSays(401, 'Unauthorized'),
      'the token was refused (401 Unauthorized): no',
      /^Check that the identity belongs to the tenant of contoso-prod\.vault\.azure\.net/,
    ],
    [
      'a challenge of another domain',
      vaultSays(
        undefined,
        'ForeignChallenge',
        "The challenge resource 'vault.stack.example' does not match the requested domain.",
      ),
      "it asks for a token of another domain (ForeignChallenge): The challenge resource 'vault.stack.example' does not match the requested domain",
      /^The DNS suffix or the cloud does not fit contoso-prod\.vault\.azure\.net: correct AZURE_CLOUD/,
    ],
    ...['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'].map(
      (code) =>
        [
          `TLS inspection (${code})`,
          vaultSays(undefined, code, 'self-signed certificate in certificate chain'),
          `the certificate is not trusted (${code}): self-signed certificate in certificate chain`,
          /inspects TLS.*NODE_EXTRA_CA_CERTS\.$/,
        ] as const,
    ),
    ...['ForeignHost', 'NextLinkLoop'].map(
      (code) =>
        [
          `an answer that leads elsewhere (${code})`,
          vaultSays(undefined, code, 'no', { kind: 'misrouted' }),
          `no (${code})`,
          /^Something answers in place of contoso-prod\.vault\.azure\.net .*token went to no other host\. Check what stands between/,
        ] as const,
    ),
    [
      'a redirect',
      vaultSays(307),
      'no (307 Http307)',
      /^Something answers in place of contoso-prod\.vault\.azure\.net/,
    ],
    [
      'an HSM-protected key for a standard vault',
      vaultSays(400, 'BadParameter', 'Hardware key operation not allowed on standard vault.'),
      'the key is HSM-protected, and this is a standard vault (400 BadParameter): Hardware key operation not allowed on standard vault',
      /^Restore it to a premium vault \(az keyvault create --sku premium\)/,
    ],
    [
      'a storage account whose own key is gone',
      storageSays(403, 'KeyVaultEncryptionKeyNotFound', 'The key vault key is not found.'),
      "the storage account's own encryption key is gone (403 KeyVaultEncryptionKeyNotFound): The key vault key is not found",
      /^Recover the key that encrypts escrow\.blob\.core\.windows\.net in its Key Vault/,
    ],
    [
      'a blob under a legal hold',
      storageSays(
        409,
        'BlobImmutableDueToLegalHold',
        'This operation is not permitted as the blob is immutable due to one or more legal holds.',
      ),
      'write-once (409 BlobImmutableDueToLegalHold): This operation is not permitted as the blob is immutable due to one or more legal holds',
      /^Nothing that exists is overwritten or deleted/,
    ],
    [
      'the firewall of storage',
      storageSays(403, 'AuthorizationFailure'),
      'the firewall refused this address (403 AuthorizationFailure): no',
      /through the firewall of escrow\.blob\.core\.windows\.net/,
    ],
    [
      'an archived blob',
      storageSays(409, 'BlobArchived', 'This operation is not permitted on an archived blob.'),
      'archived (409 BlobArchived): This operation is not permitted on an archived blob',
      /^Bring it back from the archive first .*or take another record\.$/,
    ],
    ['a key that is gone', vaultSays(404, 'KeyNotFound'), 'no (404 KeyNotFound)', /recover it while/],
    [
      'a missing container',
      storageSays(404, 'ContainerNotFound'),
      'no (404 ContainerNotFound)',
      /ESCROW_CONTAINER_URL does not exist/,
    ],
    [
      'a missing queue',
      answered('Queue Storage', { statusCode: 404, code: 'QueueNotFound' }),
      'no (404 QueueNotFound)',
      /ESCROW_QUEUE_NAME does not exist/,
    ],
    [
      'a host without an address',
      storageSays(undefined, 'ENOTFOUND'),
      'no (ENOTFOUND)',
      "Check that escrow.blob.core.windows.net exists, resolves and can be reached from the caller's network.",
    ],
    [
      'a connection that broke',
      vaultSays(undefined, 'ECONNRESET'),
      'no (ECONNRESET)',
      /another attempt may succeed; check the network/,
    ],
    ['a broken service', vaultSays(500, 'InternalServerError'), 'no (500 InternalServerError)', /Azure support/],
  ];

  test.each(rows)('%s', (_, error, reason, expected) => {
    const failure = describeFailure(error, 'backUp', prod, 'payroll');
    expect(failure.reason).toBe(reason);
    if (typeof expected === 'string') expect(failure.remedy).toBe(expected);
    else expect(failure.remedy).toMatch(expected);
    expect(failureSentence(failure)).toBe(
      `Cannot back up key "payroll" in vault "contoso-prod": ${reason}. ${failure.remedy}`,
    );
  });

  test('a backup that never ends may be of a key with too many versions; any other call is not', () => {
    const silent = vaultSays(undefined, 'TimedOut', 'no answer within 30 s');
    expect(remedy(silent)).toMatch(/^A key with more than 500 versions cannot be backed up in time/);
    expect(remedy(silent, 'list')).not.toContain('500');
  });
});

describe('a remedy', () => {
  const need = { grant: 'Grant it.' };
  const services: readonly ServiceName[] = ['Key Vault', 'Managed HSM', 'Blob Storage', 'Queue Storage'];
  const codes = fc.oneof(fc.string(), fc.constantFrom('Conflict', 'BadParameter', 'constructor', '__proto__'));

  test('of a refusal that stays never says that another attempt may succeed', () => {
    // 408 and 429 pass by themselves; 409 and 412 with whatever else is going on.
    const refusals = fc.integer({ min: 300, max: 499 }).filter((status) => ![408, 429].includes(status));
    fc.assert(
      fc.property(
        fc.constantFrom(...services),
        refusals,
        codes,
        fc.option(codes),
        (service, statusCode, code, inner) => {
          const error = answered(service, { statusCode, code, innerCode: inner ?? undefined });
          fc.pre(error.kind !== 'noAnswer');
          expect(remedyOf(error, need)).not.toMatch(/another attempt/i);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('of an answer without a status says "unreachable" only of what cannot be reached', () => {
    fc.assert(
      fc.property(fc.constantFrom(...services), codes, (service, code) => {
        const error = answered(service, { code });
        expect(remedyOf(error, need)).not.toMatch(/exists, resolves/);
      }),
    );
  });

  test('never weakens security, and takes nobody for the app', () => {
    const answers: readonly Answer[] = [
      { statusCode: 403, innerCode: 'ForbiddenByFirewall' },
      { code: 'SELF_SIGNED_CERT_IN_CHAIN' },
      { code: 'TimedOut' },
      { statusCode: 500 },
      { statusCode: 503 },
    ];
    const errors = services.flatMap((service) => answers.map((answer) => answered(service, answer)));
    for (const error of [...errors, new OutOfTime()]) {
      for (const operation of ['list', 'backUp', 'restore'] as const) {
        expect(remedy(error, operation)).not.toMatch(
          /\bthe app\b|the retry|disableChallenge|REJECT_UNAUTHORIZED|switch .* off/i,
        );
      }
    }
  });
});

test("the service's words come as one clause, without line breaks and closing dots", () => {
  const error = vaultSays(409, 'Conflict', 'First line.\r\nSecond  line...', { requestId: 'r-2' });
  expect(reasonOf(error)).toBe('First line. Second line (409 Conflict, request r-2)');
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('a code %s is only a code', (code) => {
  expect(reasonOf(vaultSays(400, code, 'Odd.'))).toBe(`Odd (400 ${code})`);
  expect(reasonOf(forbidden(code))).toBe(`access refused (403 ${code}, request r-1): Caller is not authorized`);
});
