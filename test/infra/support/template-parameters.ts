import { type EvaluationScope, evaluate } from './evaluation.ts';

type Declared = Readonly<Record<string, unknown>>;

/**
 * The values of a template's parameters: those given, else the defaults, else null where the type allows it. The limits
 * that a declaration states itself are enforced; types were the compiler's business.
 *
 * @throws naming the parameter that is missing, unknown or out of its limits.
 */
export function parametersOf(
  declared: Readonly<Record<string, Declared>>,
  given: Readonly<Record<string, unknown>>,
  scope: EvaluationScope,
): Record<string, unknown> {
  const unknown = Object.keys(given).filter((name) => !(name in declared));
  if (unknown.length > 0) throw new Error(`The template has no parameter ${unknown.join(', ')}.`);

  const values: Record<string, unknown> = {};
  // A default may refer to another parameter, in any order.
  const reading = new Set<string>();
  const read = (name: string): unknown => {
    if (name in values) return values[name];
    const declaration = declared[name];
    if (declaration === undefined || reading.has(name)) throw new Error(`Cannot tell the parameter "${name}".`);
    reading.add(name);
    const value =
      given[name] ??
      ('defaultValue' in declaration ? evaluate(declaration.defaultValue, { ...scope, parameter: read }) : null);
    if (value === null && declaration.nullable !== true) throw new Error(`The parameter "${name}" is missing.`);
    if (value !== null) checkLimits(name, declaration, value);
    values[name] = value;
    return value;
  };
  for (const name of Object.keys(declared)) read(name);
  return values;
}

function checkLimits(name: string, declared: Declared, value: unknown): void {
  const { allowedValues, minValue, maxValue, minLength, maxLength } = declared as Record<string, never>;
  const size = typeof value === 'string' || Array.isArray(value) ? value.length : undefined;
  // For an array, the service reads allowedValues as the values that its elements may have.
  const isAllowed = (one: unknown): boolean =>
    allowedValues === undefined || (allowedValues as unknown[]).includes(one);
  const problem =
    (!(Array.isArray(value) ? value.every(isAllowed) : isAllowed(value)) && `none of ${allowedValues}`) ||
    (minValue !== undefined && Number(value) < minValue && `below ${minValue}`) ||
    (maxValue !== undefined && Number(value) > maxValue && `above ${maxValue}`) ||
    (minLength !== undefined && size !== undefined && size < minLength && `shorter than ${minLength}`) ||
    (maxLength !== undefined && size !== undefined && size > maxLength && `longer than ${maxLength}`);
  if (problem) throw new Error(`The parameter "${name}" is ${problem}: ${JSON.stringify(value)}.`);
}
