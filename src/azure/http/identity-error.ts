import type { FailureKind } from '../../escrow/model/failure-kind.ts';
import { ServiceError } from '../../escrow/model/service-error.ts';

/**
 * As much as the errors of @azure/identity and of MSAL below it have in common. A credential turns nearly every failure of
 * the managed identity endpoint into `CredentialUnavailableError`, and a chain all of these into one
 * `AggregateAuthenticationError`: only the causes distinguish a wrong identity from an endpoint that failed for a moment.
 */
interface IdentityError extends Error {
  /** Of an aggregate: what each credential of the chain said. */
  readonly errors?: readonly unknown[];
  /** HTTP status in MSAL's `ServerError`; not every one has it. */
  readonly status?: number;
  /** HTTP status in `AuthenticationError`, of an authority. */
  readonly statusCode?: number;
  /** `network_error` in MSAL's `ClientAuthError`. */
  readonly errorCode?: string;
}

/** Whether a token credential threw it. */
export function isIdentityError(error: Error): boolean {
  return /Authentication|Credential/.test(error.name);
}

/** Why no token was issued. @param host that the token was for. */
export function identityErrorOf(error: Error, host: string): ServiceError {
  const causes = causesOf(error);
  const kinds = causes.flatMap((cause) => kindOfCause(cause) ?? []);
  // What may pass by itself counts before what does not: the other credentials of a chain are never there in an app.
  const kind = order.find((candidate) => kinds.includes(candidate)) ?? 'notSignedIn';
  // Nobody reads a list of every credential that was tried and is not there; `cause` keeps it.
  const isNobody = kind === 'notSignedIn' && !causes.some(({ name }) => name === 'AuthenticationError');
  const words = isNobody ? 'nobody is signed in, and there is no managed identity' : wordsOf(error);
  return new ServiceError(words, { service: 'identity', code: error.name, kind, host }, { cause: error });
}

const order: readonly FailureKind[] = ['identityUnavailable', 'identityRefused', 'signInUnavailable'];

/** The errors at the ends of the chain; an aggregate's own words only repeat theirs. */
function causesOf(error: unknown): IdentityError[] {
  if (!(error instanceof Error)) return [];
  const { errors, cause } = error as IdentityError;
  const below = errors ?? (cause === undefined ? [] : [cause]);
  return [error, ...below.flatMap(causesOf)];
}

function kindOfCause({ name, status, statusCode, errorCode, message }: IdentityError): FailureKind | undefined {
  switch (name) {
    // The endpoint answered; a 400 is a wrong identity, or one that is not there yet (seen for a moment after a start).
    case 'ServerError':
      if (refusedOnTheWay.includes(status ?? 0) && !hasIdentityEndpoint(process.env)) return undefined;
      return status !== undefined && status >= 400 && status < 500 && !transientStatuses.includes(status)
        ? 'identityRefused'
        : 'identityUnavailable';
    case 'ClientAuthError':
      return errorCode === 'network_error' ? 'identityUnavailable' : undefined;
    case 'AuthenticationRequiredError':
      return /^Response had no|^No response/.test(message) ? 'identityUnavailable' : undefined;
    case 'AuthenticationError':
      return statusCode === 429 || (statusCode ?? 0) >= 500 ? 'signInUnavailable' : undefined;
    default:
      return undefined;
  }
}

// At a desk the library looks for a metadata service that is not there, and a proxy or firewall answers in its place.
const refusedOnTheWay = [401, 403, 407];

/** Whether this process lives where a managed identity is handed out by an endpoint of its own, as an app does. */
export function hasIdentityEndpoint({ IDENTITY_ENDPOINT, MSI_ENDPOINT }: Readonly<NodeJS.ProcessEnv>): boolean {
  return (IDENTITY_ENDPOINT ?? MSI_ENDPOINT) !== undefined;
}

const transientStatuses = [404, 408, 410, 429];

/** What each credential said, without what MSAL leaves blank. The first line says only that a chain of credentials failed. */
function wordsOf(error: Error): string {
  return error.message
    .split(/\s*\n\s*/)
    .join('; ')
    .replaceAll(/(?:Error\(s\)|Timestamp|Correlation ID|Trace ID): Not Available(?: - )?/g, '')
    .slice(0, 600);
}
