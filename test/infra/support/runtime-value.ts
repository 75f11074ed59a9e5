/**
 * What only Azure can answer: a principal id, an endpoint, a connection string. It can be passed on and put into a text;
 * whoever decides on it gets an error, because the decision could not be checked here.
 */
export interface RuntimeValue {
  readonly runtime: string;
}

export const runtimeValue = (path: string): RuntimeValue => ({ runtime: path });

export const isRuntimeValue = (value: unknown): value is RuntimeValue =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 1 && 'runtime' in value;

/** A value inside a text, as `format` and `concat` need it. */
export function textOf(value: unknown): string {
  if (isRuntimeValue(value)) return `<${value.runtime}>`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** @throws when the value is known only to Azure, naming it. */
export function decidable<T>(value: T, purpose: string): T {
  if (isRuntimeValue(value)) throw new Error(`${purpose} depends on "${value.runtime}", which is known only in Azure.`);
  return value;
}
