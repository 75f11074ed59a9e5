import { printable } from '../escrow/model/printable.ts';

/** Runs an invocation. What it throws becomes a line of the host's log, with words of services in it: nothing there may steer a terminal. */
export async function withPrintableError<T>(invocation: () => T | Promise<T>): Promise<T> {
  try {
    return await invocation();
  } catch (error) {
    cleanError(error, new Set());
    throw error;
  }
}

function cleanError(error: unknown, seen: Set<unknown>): void {
  if (!(error instanceof Error) || seen.has(error)) return;
  seen.add(error);
  const { message, stack } = error;
  error.message = printable(message, '\n');
  if (stack !== undefined) error.stack = printable(stack, '\n');
  cleanError(error.cause, seen);
  if (error instanceof AggregateError) for (const one of error.errors) cleanError(one, seen);
}
