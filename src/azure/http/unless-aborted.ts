/**
 * What a promise comes to, or `reason()` as soon as the signal aborts, should it still be open then. Nothing is left on the
 * signal afterwards, which may live for a whole invocation.
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, reason: () => unknown): Promise<T> {
  const { promise: first, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = (): void => reject(reason());
  signal.addEventListener('abort', giveUp, { once: true });
  promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  return first;
}
