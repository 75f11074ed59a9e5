import { randomUUID } from 'node:crypto';
import { errors, UnsecuredJWT } from 'jose';

/** Somebody the local Azure knows: who they are and exactly what they may do, as Azure data actions. */
export interface LocalIdentity {
  readonly name: string;
  readonly clientId: string;
  readonly objectId: string;
  /** What it may do everywhere. */
  readonly dataActions: ReadonlySet<string>;
  /** What it may do besides in one blob container, by the container's name. */
  readonly containerDataActions: ReadonlyMap<string, ReadonlySet<string>>;
}

export type TokenFailure = 'missing' | 'malformed' | 'expired' | 'wrongAudience' | 'unknownIdentity';

/** What a bearer token turned out to be. The resource servers answer 401 for every failure, in their own words. */
export type Authentication = { readonly identity: LocalIdentity } | { readonly failure: TokenFailure };

/** The tenant that challenges and tokens name. */
export const localTenantId = '0f0e0d0c-0b0a-4908-8706-050403020100';

/** Roles assigned on single blob containers: data actions by container name. */
export type ContainerRoles = Readonly<Record<string, readonly string[]>>;

export interface IdentityRegistry {
  add(name: string, dataActions: Iterable<string>, onContainers?: ContainerRoles): LocalIdentity;
  find(nameOrClientId: string): LocalIdentity | undefined;
  /** An unsigned JWT, which is all that Azurite checks as well. `lifetimeSeconds` may be negative for an expired one. */
  issueToken(identity: LocalIdentity, audience: string, lifetimeSeconds: number): string;
  /** @param audience what the resource server accepts, without a trailing slash. */
  authenticate(authorizationHeader: string | undefined, audience: string): Authentication;
}

/** Whether an identity has a data action: everywhere, or on this blob container. */
export function mayDo(identity: LocalIdentity, action: string, containerName?: string): boolean {
  return (
    identity.dataActions.has(action) ||
    (containerName !== undefined && identity.containerDataActions.get(containerName)?.has(action) === true)
  );
}

/** The directory of the local Azure: identities with their data actions, and the tokens that stand for them. */
export function createIdentityRegistry(now: () => number = Date.now): IdentityRegistry {
  const identities = new Map<string, LocalIdentity>();
  return {
    add(name, dataActions, onContainers = {}) {
      const identity = {
        name,
        clientId: randomUUID(),
        objectId: randomUUID(),
        dataActions: new Set(dataActions),
        containerDataActions: new Map(Object.entries(onContainers).map(([name, actions]) => [name, new Set(actions)])),
      };
      identities.set(identity.clientId, identity);
      return identity;
    },
    find(nameOrClientId) {
      return identities.get(nameOrClientId) ?? [...identities.values()].find((one) => one.name === nameOrClientId);
    },
    issueToken({ clientId, objectId }, audience, lifetimeSeconds) {
      const issuedAt = Math.floor(now() / 1000);
      return new UnsecuredJWT({ appid: clientId, oid: objectId, tid: localTenantId, ver: '1.0' })
        .setAudience(audience)
        .setIssuer(`https://sts.windows.net/${localTenantId}/`)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .encode();
    },
    authenticate(authorizationHeader, audience) {
      if (authorizationHeader === undefined) return { failure: 'missing' };
      const accepted = { audience: [audience, `${audience}/`], currentDate: new Date(now()), requiredClaims: ['exp'] };
      try {
        const { payload } = UnsecuredJWT.decode(/^Bearer (\S+)$/.exec(authorizationHeader)?.[1] ?? '', accepted);
        const identity = identities.get(String(payload.appid));
        return identity === undefined ? { failure: 'unknownIdentity' } : { identity };
      } catch (error) {
        if (error instanceof errors.JWTExpired) return { failure: 'expired' };
        const isForOthers = error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud';
        return { failure: isForOthers ? 'wrongAudience' : 'malformed' };
      }
    },
  };
}
