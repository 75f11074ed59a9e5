import type { KeyVaultOperation } from './data-actions.ts';
import type { ForbiddenKind } from './service-errors.ts';

/** How the service is made to misbehave. */
export type FaultEffect =
  /** 429. `retryAfter` in seconds or as a date; without it no Retry-After, which is the real service's form. */
  | { readonly kind: 'throttle'; readonly retryAfter?: number | Date | undefined }
  /** Any status, with the service's error body or, as a gateway in between would send it, without one. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code?: string;
      readonly innerCode?: string;
      readonly message?: string;
      readonly retryAfter?: number | Date | undefined;
      readonly emptyBody?: boolean;
    }
  /** 409 while another operation on the key goes on, in the words for the operation. */
  | { readonly kind: 'conflict' }
  /** The connection is cut before anything is done. */
  | { readonly kind: 'reset' }
  /** The work is done, then the connection is cut: the client cannot know. */
  | { readonly kind: 'resetAfterWork' }
  /** No answer, ever; the connection stays open. */
  | { readonly kind: 'stall' }
  /** Half of the body under the Content-Length of the whole, then the connection is cut. */
  | { readonly kind: 'truncate' }
  | { readonly kind: 'notJson' }
  /** A backup whose `value` is `""`. */
  | { readonly kind: 'emptyValue' }
  /** A backup without `value`. */
  | { readonly kind: 'missingValue' }
  /** 401 with a new challenge, as for a token that expired meanwhile. */
  | { readonly kind: 'expireToken' }
  /** 401 whose challenge asks for a token of another resource, as Azure Stack Hub or a wrong suffix does. */
  | { readonly kind: 'foreignChallenge'; readonly resource: string }
  | { readonly kind: 'forbidden'; readonly reason: ForbiddenKind }
  /** The listing goes on at another host. */
  | { readonly kind: 'foreignNextLink'; readonly host: string }
  /** The listing goes on at the page it is on. */
  | { readonly kind: 'loopNextLink' }
  | { readonly kind: 'redirect'; readonly location: string };

export interface FaultMatcher {
  /** Name of the vault or Managed HSM; any when absent. Names compare without regard to case. */
  readonly source?: string;
  readonly operation?: KeyVaultOperation;
  readonly keyName?: string;
  /** Which requests it can meet. The challenge request that opens a client's conversation has no token: it is spared by default. */
  readonly requests?: 'authenticated' | 'unauthenticated' | 'all';
}

export interface FaultSubject {
  readonly source: string;
  readonly operation: KeyVaultOperation;
  readonly keyName: string | undefined;
  readonly authenticated: boolean;
}

export function matchesFault(fault: FaultMatcher, subject: FaultSubject): boolean {
  const requests = fault.requests ?? 'authenticated';
  if (requests !== 'all' && (requests === 'authenticated') !== subject.authenticated) return false;
  if (fault.source !== undefined && !same(fault.source, subject.source)) return false;
  if (fault.operation !== undefined && fault.operation !== subject.operation) return false;
  return fault.keyName === undefined || (subject.keyName !== undefined && same(fault.keyName, subject.keyName));
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** mulberry32: the same seed gives the same numbers, so that a chaos run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
