/** A request that can never be carried out as it is. `message` says what was wrong and what is allowed. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
}
