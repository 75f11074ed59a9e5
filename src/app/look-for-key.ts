import { OutOfTime, reasonOf, ServiceError } from '../escrow/model/service-error.ts';
import { describeSource, type PacedSource, sourceOption } from '../escrow/model/source.ts';
import type { SourceKey } from '../escrow/model/source-key.ts';
import { unknownName } from './known-names.ts';
import type { OperatorServices } from './operator-services.ts';
import type { Task } from './task.ts';

/** A source that does not answer must not delay a request for long. */
const maxLookupMs = 10_000;

/**
 * Looks for the key of a request before it is sent, because the app can refuse a typing error only later, when nobody may
 * be watching. Whoever enqueues need not be allowed to read keys, nor be able to reach the vault: a message says so.
 * @returns undefined when the key could not be looked up.
 * @throws UsageFault when the source has no such key.
 */
export async function lookForKey(
  source: PacedSource,
  name: string,
  { services, signal, say }: Task,
): Promise<SourceKey | undefined> {
  const time = AbortSignal.any([signal, AbortSignal.timeout(maxLookupMs)]);
  let key: SourceKey | undefined;
  try {
    key = await services.operatorOf(source).findKey(name, time);
  } catch (error) {
    if (signal.aborted || !isNoAnswer(error)) throw error;
    const reason = error instanceof ServiceError ? reasonOf(error) : `no answer within ${maxLookupMs / 1000} s`;
    say(`Not checked whether key "${name}" is in ${describeSource(source)}; the app will check: ${reason}.`);
    return undefined;
  }
  if (key !== undefined) return key;
  throw unknownName(
    `there is no key "${name}" in ${describeSource(source)}; nothing was sent`,
    name,
    await namesIn(source, time, services),
    `See its keys: \`keyvault-escrow plan ${sourceOption(source)}\`.`,
  );
}

/** As many as can be had: they are only for a suggestion. */
async function namesIn(source: PacedSource, time: AbortSignal, services: OperatorServices): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of services.keysOf(source).listKeys(time)) names.push(name);
  } catch (error) {
    if (!isNoAnswer(error)) throw error;
  }
  return names;
}

function isNoAnswer(error: unknown): boolean {
  return error instanceof ServiceError || error instanceof OutOfTime;
}
