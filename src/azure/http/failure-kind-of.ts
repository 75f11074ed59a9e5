import type { FailureKind } from '../../escrow/model/failure-kind.ts';
import type { ServiceAnswer } from '../../escrow/model/service-error.ts';

/** The parts of an answer that decide its meaning. */
export type ServiceRefusal = Omit<ServiceAnswer, 'kind' | 'retryAfterMs' | 'host'> & { readonly message: string };

/**
 * The one place that knows the services' statuses, codes and words.
 * https://learn.microsoft.com/azure/key-vault/general/rest-error-codes,
 * https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
 */
export function failureKindOf(refusal: ServiceRefusal): FailureKind {
  const { service, statusCode } = refusal;
  if (statusCode === undefined) return connectionKinds.get(refusal.code) ?? 'noAnswer';
  const isStorage = service === 'Blob Storage' || service === 'Queue Storage';
  return (
    (isStorage ? kindOfStorage(refusal) : (managementKinds.get(refusal.code) ?? kindOfKeyVault(refusal))) ??
    (isOfService(refusal) ? kindOfStatus(statusCode) : kindOfGateway(statusCode))
  );
}

/** Every service gives its answers an id and its refusals a code; a proxy or a gateway knows neither. */
function isOfService({ statusCode, code, requestId }: ServiceRefusal): boolean {
  return requestId !== undefined || code !== unknownCodeOf(statusCode);
}

/** Stands for the code of an answer that has none. */
export function unknownCodeOf(statusCode: number | undefined): string {
  return `Http${statusCode}`;
}

function kindOfGateway(statusCode: number): FailureKind {
  const kind = kindOfStatus(statusCode);
  if (kind === 'unavailable') return 'gatewayUnavailable';
  return kind === 'refused' || kind === 'accessRefused' ? 'misrouted' : kind;
}

/** Kinds by code, from the codes that each kind has. */
function byCode(codesOf: Readonly<Partial<Record<FailureKind, readonly string[]>>>): ReadonlyMap<string, FailureKind> {
  const kinds = Object.keys(codesOf) as (keyof typeof codesOf)[];
  return new Map(kinds.flatMap((kind) => (codesOf[kind] ?? []).map((code) => [code, kind] as const)));
}

const connectionKinds = byCode({
  unreachable: ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ETIMEDOUT'],
  untrustedCertificate: [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_UNTRUSTED',
  ],
  blockedByProxy: ['ERR_PROXY_TUNNEL'],
  // Our own code, for what the SDK refuses without one.
  wrongCloud: ['ForeignChallenge'],
  misrouted: ['ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
});

const storageKinds = byCode({
  denied: ['AuthorizationPermissionMismatch', 'InsufficientAccountPermissions'],
  blockedByFirewall: ['AuthorizationFailure'],
  writeOnce: [
    'UnauthorizedBlobOverwrite',
    'BlobImmutableDueToPolicy',
    'BlobImmutableDueToLegalHold',
    'BlobAlreadyExists',
  ],
  absent: ['BlobNotFound'],
  storeAbsent: ['ContainerNotFound', 'ContainerBeingDeleted', 'QueueNotFound'],
  notReadable: ['BlobArchived', 'BlobBeingRehydrated'],
  customerKeyRequired: ['BlobUsesCustomerSpecifiedEncryption'],
  encryptionKeyLost: ['KeyVaultEncryptionKeyNotFound', 'KeyVaultVaultNotFound', 'KeyVaultAccessTokenCannotBeAcquired'],
  noAnswer: ['Md5Mismatch'],
});

function kindOfStorage({ code, message }: ServiceRefusal): FailureKind | undefined {
  if (code === 'InvalidAuthenticationInfo' && /issuer did not match/i.test(message)) return 'otherTenant';
  return storageKinds.get(code);
}

/** Of Azure Resource Manager; Key Vault has none of them. */
const managementKinds = byCode({
  denied: ['AuthorizationFailed'],
  storeAbsent: ['SubscriptionNotFound', 'ResourceGroupNotFound', 'ResourceNotFound', 'ContainerNotFound'],
});

const keyVaultKinds = byCode({
  denied: ['ForbiddenByRbac'],
  deniedByAccessPolicy: ['ForbiddenByPolicy'],
  blockedByFirewall: ['ForbiddenByFirewall'],
  privateConnectionOnly: ['ForbiddenByConnection'],
  absent: ['KeyNotFound'],
});

/** Where Key Vault has one code for many refusals, its message distinguishes them. */
const keyVaultWords: readonly (readonly [status: number, words: RegExp, kind: FailureKind])[] = [
  [403, /associated with a certificate/i, 'certificateBacked'],
  [403, /purge protection/i, 'purgeProtected'],
  [400, /cannot decrypt/i, 'backupUndecryptable'],
  [400, /malformed/i, 'backupMalformed'],
];

function kindOfKeyVault({ service, statusCode, code, innerCode, message }: ServiceRefusal): FailureKind | undefined {
  const finest = innerCode ?? code;
  // A vault means its access policies by it, a Managed HSM its local roles.
  if (finest === 'AccessDenied') return service === 'Key Vault' ? 'deniedByAccessPolicy' : 'denied';
  if (/hardware key operation not allowed on standard vault/i.test(message)) return 'premiumRequired';
  const byWords = keyVaultWords.find(([status, words]) => status === statusCode && words.test(`${code} ${message}`));
  return keyVaultKinds.get(finest) ?? byWords?.[2];
}

const statusKinds: ReadonlyMap<number, FailureKind> = new Map([
  [401, 'tokenRefused'],
  [403, 'accessRefused'],
  [408, 'noAnswer'],
  [409, 'conflict'],
  [412, 'conflict'],
  [429, 'throttled'],
  [501, 'refused'],
  [505, 'refused'],
]);

function kindOfStatus(statusCode: number): FailureKind {
  if (statusCode < 300) return 'invalidAnswer';
  if (statusCode < 400) return 'misrouted';
  return statusKinds.get(statusCode) ?? (statusCode < 500 ? 'refused' : 'unavailable');
}
