import type { Authentication } from '../identity/identities.ts';
import type { Answer } from './answer.ts';
import { answerInstead, spoiled } from './applied-fault.ts';
import { challenge } from './challenge.ts';
import { dataActionOf, type KeyVaultOperation } from './data-actions.ts';
import type { FaultEffect } from './faults.ts';
import { perform } from './operations.ts';
import type { Call } from './route.ts';
import { forbidden, type RefusedCall, throttled } from './service-errors.ts';
import type { SourceState } from './source-state.ts';

export interface Exchange {
  readonly source: SourceState;
  readonly call: Call;
  readonly authentication: Authentication;
  /** What a token for this source must be for, e.g. `https://vault.azure.net`. */
  readonly audience: string;
  /** Path and query, as asked. */
  readonly target: string;
  readonly effect: FaultEffect | undefined;
}

/** `cut`: the connection is closed without an answer; `silence`: it stays open without one. */
export type Settled = Answer | 'cut' | 'silence';

/** Decides, and carries out, one request. The order is the service's: token, throttle, roles, work. */
export async function settle(exchange: Exchange): Promise<Settled> {
  const { source, effect, audience, target } = exchange;
  if (effect?.kind === 'stall') return 'silence';
  if (effect?.kind === 'reset') return 'cut';
  const instead = effect === undefined ? undefined : answerInstead(effect, subjectOf(exchange), audience);
  const worked = instead ?? (await work(exchange));
  if (worked === 'neverAnswers') return 'silence';
  if (effect === undefined) return worked;
  return effect.kind === 'resetAfterWork' ? 'cut' : spoiled(effect, worked, `${source.url}${target}`);
}

/** Those that the service's request limits are about here; writes are never throttled. */
const throttledOperations = new Set<KeyVaultOperation>([
  'backupKey',
  'getKey',
  'listKeys',
  'listVersions',
  'getDeletedKey',
  'listDeletedKeys',
]);

async function work(exchange: Exchange): Promise<Answer | 'neverAnswers'> {
  const { source, call, authentication, audience } = exchange;
  if ('failure' in authentication) return challenge(source.kind, audience, authentication.failure);
  if (throttledOperations.has(call.operation) && !source.limiter.take()) return throttled;
  const { dataAction } = subjectOf(exchange);
  if (dataAction !== '' && !authentication.identity.dataActions.has(dataAction)) {
    return forbidden(source.kind === 'vault' ? 'ForbiddenByRbac' : 'AccessDenied', subjectOf(exchange));
  }
  return perform(source, call);
}

function subjectOf({ source, call, authentication }: Exchange): RefusedCall {
  return {
    source,
    operation: call.operation,
    dataAction: call.operation === 'other' ? '' : dataActionOf(source.kind, call.operation),
    keyName: call.keyName,
    identity: 'identity' in authentication ? authentication.identity : undefined,
  };
}
