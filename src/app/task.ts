import { messageOf } from '../escrow/model/failure.ts';
import { OutOfTime } from '../escrow/model/service-error.ts';
import type { RecordPlace } from '../escrow/records/record-listing.ts';
import type { OperatorServices } from './operator-services.ts';

/** What a use case works with that a person started. */
export interface Task {
  readonly services: OperatorServices;
  /** Aborts when the person has had enough. */
  readonly signal: AbortSignal;
  /** Shows a message beside the result: one sentence. */
  say(text: string): void;
}

/** The records of the escrow, until the person has had enough. */
export function recordPlace({ services, signal: deadline }: Task): RecordPlace {
  return { store: services.store, suffixes: services.settings.suffixes, deadline };
}

/** What `read` comes to; where it fails, that is said, and stops nobody. @param fault as `The receipts cannot be read`. */
export async function readOrSay<T>(
  task: Task,
  fault: string,
  read: () => Promise<T>,
  remedy = '',
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OutOfTime) throw error;
    task.say(`${fault}: ${messageOf(error).replace(/\.$/, '')}.${remedy && ` ${remedy}`}`);
    return undefined;
  }
}
