import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { localTenantId, type TokenFailure } from '../identity/identities.ts';

const unauthenticated =
  'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.';

/** https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and common-rest-api-error-codes */
const messages: Readonly<Record<string, string>> = {
  AuthorizationPermissionMismatch: 'This request is not authorized to perform this operation using this permission.',
  AuthorizationFailure: 'This request is not authorized to perform this operation.',
  UnauthorizedBlobOverwrite: 'This request is not authorized to perform blob overwrites.',
  NoAuthenticationInformation: unauthenticated,
  InvalidAuthenticationInfo: unauthenticated,
  BlobAlreadyExists: 'The specified blob already exists.',
  BlobBeingRehydrated: 'This operation is not permitted because the blob is being rehydrated.',
  BlobImmutableDueToLegalHold:
    'This operation is not permitted as the blob is immutable due to one or more legal holds.',
  KeyVaultEncryptionKeyNotFound: 'The key vault key is not found to unwrap the encryption key.',
  BlobImmutableDueToPolicy: 'This operation is not permitted as the blob is immutable due to a policy.',
  ConditionNotMet: 'The condition specified using HTTP conditional header(s) is not met.',
  Md5Mismatch: 'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
  ServerBusy: 'The server is busy.',
  InternalError: 'The server encountered an internal error. Please retry the request.',
};

/** Answers as Azure Storage does: `x-ms-error-code` and an XML body with code, message, request id and time. */
export function answerStorageError(response: ServerResponse, status: number, code: string, detail?: string): void {
  const requestId = randomUUID();
  const message = messages[code] ?? 'The request failed.';
  const text = `${message}\nRequestId:${requestId}\nTime:${new Date().toISOString()}`;
  const more = detail === undefined ? '' : `<AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail>`;
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text}</Message>${more}</Error>`;
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    'x-ms-error-code': code,
    'x-ms-request-id': requestId,
    'x-ms-version': '2026-02-06',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** 401 with the challenge of the storage service. */
export function answerStorageChallenge(response: ServerResponse, failure: TokenFailure): void {
  const authority = `https://login.microsoftonline.com/${localTenantId}/oauth2/authorize`;
  const code = failure === 'missing' ? 'NoAuthenticationInformation' : 'InvalidAuthenticationInfo';
  response.setHeader('www-authenticate', `Bearer authorization_uri=${authority} resource_id=https://storage.azure.com`);
  answerStorageError(response, 401, code);
}
