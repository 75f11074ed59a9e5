import type { Authentication } from '../identity/identities.ts';
import type { Answer } from './answer.ts';
import { answerInstead, spoiled } from './applied-fault.ts';
import { challenge } from './challenge.ts';
import { dataActionOf, type KeyVaultOperation, operations } from './data-actions.ts';
import type { FaultEffect } from './faults.ts';
import { perform } from './operations.ts';
import type { Call } from './route.ts';
import { forbidden, type RefusedCall, throttled } from './service-errors.ts';
import type { SourceState } from './source-state.ts';

interface Exchange {
  readonly source: SourceState;
  readonly call: Call;
  readonly authentication: Authentication;
  /** Path and query, as asked. */
  readonly target: string;
  readonly effect: FaultEffect | undefined;
}

/** `cut`: the connection is closed without an answer; `silence`: it stays open without one. */
type Settled = Answer | 'cut' | 'silence';

/** Decides, and carries out, one request. The order is the service's: token, throttle, roles, work. */
export async function settle(exchange: Exchange): Promise<Settled> {
  const { source, effect, target } = exchange;
  if (effect?.kind === 'stall') return 'silence';
  if (effect?.kind === 'reset') return 'cut';
  const instead = effect === undefined ? undefined : answerInstead(effect, subjectOf(exchange));
  const worked = instead ?? (await work(exchange));
  if (worked === 'neverAnswers') return 'silence';
  if (effect === undefined) return worked;
  return effect.kind === 'resetAfterWork' ? 'cut' : spoiled(effect, worked, `${source.url}${target}`);
}

/** The service's request limits are about reads and backups here; writes are never throttled. */
function isLimited(operation: KeyVaultOperation): boolean {
  return operation !== 'other' && /^(?:list|get|backup)$/.test(operations[operation].policy);
}

async function work(exchange: Exchange): Promise<Answer | 'neverAnswers'> {
  const { source, call, authentication } = exchange;
  if ('failure' in authentication) return challenge(source.kind, source.audience, authentication.failure);
  if (isLimited(call.operation) && !source.limiter.take()) return throttled;
  const subject = subjectOf(exchange);
  if (subject.dataAction !== '' && !authentication.identity.dataActions.has(subject.dataAction)) {
    return forbidden(source.kind === 'vault' ? 'ForbiddenByRbac' : 'AccessDenied', subject);
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
