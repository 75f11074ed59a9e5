import { DefaultAzureCredential, type TokenCredential } from '@azure/identity';
import { ServiceError } from '../escrow/model/service-error.ts';
import { hasIdentityEndpoint } from './http/identity-error.ts';
import { unlessAborted } from './http/unless-aborted.ts';

/** Less than a call has, so that the error names the endpoint. The library asks six times where it retries, within 17 s. */
const maxWaitMs = 25_000;

/**
 * The identity of this process: the managed identity in Azure, `az login` at a desk. Make it once: it caches its tokens.
 * It reads AZURE_CLIENT_ID, AZURE_TOKEN_CREDENTIALS and the like from the environment by itself.
 * @param waitMs for a token; the library would wait without end for an endpoint that takes the request and never answers.
 */
export function createCredential(authorityHost: string, waitMs = maxWaitMs): TokenCredential {
  const credential = new DefaultAzureCredential({ authorityHost });
  return {
    getToken(...request) {
      return unlessAborted(credential.getToken(...request), AbortSignal.timeout(waitMs), () => noToken(waitMs));
    },
  };
}

function noToken(waitMs: number): ServiceError {
  const kind = hasIdentityEndpoint(process.env) ? 'identityUnavailable' : 'signInUnavailable';
  return new ServiceError(`no token within ${waitMs / 1000} s`, { service: 'identity', kind, code: 'TimedOut' });
}
