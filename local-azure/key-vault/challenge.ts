import { localTenantId, type TokenFailure } from '../identity/identities.ts';
import type { Answer } from './answer.ts';
import type { LocalSourceKind } from './data-actions.ts';

/**
 * The 401 that says where to get a token and for which resource. A vault names login.windows.net and says
 * why in the body; a Managed HSM names login.microsoftonline.com and sends no body (both as recorded).
 * @param resource the audience that a token must have, e.g. `https://vault.azure.net`.
 */
export function challenge(kind: LocalSourceKind, resource: string, failure: TokenFailure): Answer {
  const authority = kind === 'vault' ? 'https://login.windows.net' : 'https://login.microsoftonline.com';
  const headers = {
    'WWW-Authenticate': `Bearer authorization="${authority}/${localTenantId}", resource="${resource}"`,
  };
  if (kind === 'managedHsm') return { status: 401, headers };
  return { status: 401, headers, error: { code: 'Unauthorized', message: reason(failure, resource) } };
}

function reason(failure: TokenFailure, resource: string): string {
  if (failure === 'missing') return 'AKV10000: Request is missing a Bearer or PoP token.';
  if (failure === 'wrongAudience') return `AKV10022: Invalid audience. Expected ${resource}, found another one.`;
  if (failure === 'expired') return "[TokenExpired] Error validating token: 'S2S12086'.";
  return "[BearerReadAccessTokenFailed] Error validating token: 'S2S12005'.";
}
