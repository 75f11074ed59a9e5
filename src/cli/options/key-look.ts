import type { OperatorServices } from '../../app/operator-services.ts';
import { reasonOf } from '../../escrow/model/remedy.ts';
import { OutOfTime, ServiceError } from '../../escrow/model/service-error.ts';
import type { PacedSource } from '../../escrow/model/source.ts';
import { describeSource } from '../../escrow/model/source.ts';
import type { SourceKey } from '../../escrow/model/source-key.ts';
import { UsageFault } from '../terminal/errors.ts';
import type { Io } from '../terminal/io.ts';
import { say } from '../terminal/print.ts';
import { didYouMean } from './suggestion.ts';

/** A source that does not answer must not hold a request back for long. */
const longestLookMs = 10_000;

/**
 * Looks for the key of a request before it is sent, because the app can only refuse a slip of the pen later, where nobody may
 * be looking. Whoever enqueues need not be allowed to read keys, nor near enough to: then it is said that nobody looked.
 * @returns undefined when it could not be looked.
 * @throws UsageFault when the source has no such key, with what may have been meant.
 */
export async function lookForKey(
  source: PacedSource,
  name: string,
  io: Io,
  services: OperatorServices,
): Promise<SourceKey | undefined> {
  const time = AbortSignal.any([io.signal, AbortSignal.timeout(longestLookMs)]);
  let key: SourceKey | undefined;
  try {
    key = await services.operatorOf(source).findKey(name, time);
  } catch (error) {
    if (io.signal.aborted || !isNoAnswer(error)) throw error;
    const reason = error instanceof ServiceError ? reasonOf(error) : `no answer within ${longestLookMs / 1000} s`;
    say(io, `Not looked whether key "${name}" is in ${describeSource(source)}, which the app will: ${reason}.`);
    return undefined;
  }
  if (key !== undefined) return key;
  throw new UsageFault(
    `there is no key "${name}" in ${describeSource(source)}; nothing was sent`,
    `${didYouMean(name, await namesIn(source, time, services))}See its keys: \`keyvault-escrow plan --${source.kind === 'vault' ? 'vault' : 'hsm'}-name ${source.name}\`.`,
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
