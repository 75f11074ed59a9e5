/** A request that can never be carried out as it is. `message` says what was wrong and what is allowed. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
}

// A message may be 64 KB of anything; its record keeps it whole, the reason need not.
const maxReasonLength = 600;

/** @param allowed whole sentences. */
export function refuse(reason: string, allowed: string): RequestRefused {
  const shortened = reason.length > maxReasonLength ? `${reason.slice(0, maxReasonLength)}…` : reason;
  return new RequestRefused(`Cannot carry out the request: ${shortened}. ${allowed}`);
}
