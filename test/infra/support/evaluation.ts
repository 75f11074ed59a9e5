import { type Expression, parseExpression } from './expression.ts';
import { decidable, isRuntimeValue, runtimeValue } from './runtime-value.ts';
import { pureFunctions } from './template-functions.ts';

/** Where names in an expression get their values from. Every look-up throws when there is no such name. */
export interface EvaluationScope {
  readonly parameter: (name: string) => unknown;
  readonly variable: (name: string) => unknown;
  /** `reference('symbol')`, or with 'full' the whole resource. */
  readonly reference: (symbol: string, full: boolean) => unknown;
  /** subscription(), environment(), resourceId() and the like: they depend on where a template is deployed. */
  readonly ambient: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  /** Functions that the template defines itself, by "namespace.name". */
  readonly templateFunction: (name: string) => ((given: unknown[]) => unknown) | undefined;
  readonly copyIndexes: ReadonlyMap<string, number>;
  readonly lambdaVariables: ReadonlyMap<string, unknown>;
}

const parsed = new Map<string, Expression>();

function expressionOf(source: string): Expression {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const expression = parseExpression(source);
  parsed.set(source, expression);
  return expression;
}

/** Evaluates every expression in a piece of template. Properties that turn out null are kept, as the service keeps them. */
export function evaluate(value: unknown, scope: EvaluationScope): unknown {
  if (typeof value === 'string') {
    if (value.startsWith('[[')) return value.slice(1);
    return value.startsWith('[') && value.endsWith(']')
      ? evaluateExpression(expressionOf(value.slice(1, -1)), scope)
      : value;
  }
  if (Array.isArray(value)) return value.map((one) => evaluate(one, scope));
  if (typeof value !== 'object' || value === null) return value;

  const evaluated: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(value)) {
    if (key === 'copy' && Array.isArray(one)) Object.assign(evaluated, evaluatePropertyCopies(one, scope));
    else evaluated[String(evaluate(key, scope))] = evaluate(one, scope);
  }
  return evaluated;
}

interface PropertyCopy {
  readonly name: string;
  readonly count: unknown;
  readonly input: unknown;
}

/** `copy` inside an object: each entry becomes a property that is an array. */
export function evaluatePropertyCopies(
  copies: readonly PropertyCopy[],
  scope: EvaluationScope,
): Record<string, unknown> {
  return Object.fromEntries(
    copies.map(({ name, count, input }) => [
      name,
      Array.from({ length: Number(evaluate(count, scope)) }, (_, index) =>
        evaluate(input, { ...scope, copyIndexes: new Map([...scope.copyIndexes, [name, index]]) }),
      ),
    ]),
  );
}

type Lambda = (...given: unknown[]) => unknown;

function evaluateExpression(expression: Expression, scope: EvaluationScope): unknown {
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind === 'member') {
    return memberOf(evaluateExpression(expression.of, scope), evaluateExpression(expression.key, scope));
  }
  const { name, arguments: given } = expression;
  const argument = (index: number): unknown => {
    const one = given[index];
    if (one === undefined) throw new Error(`The template function ${name}() lacks an argument.`);
    return evaluateExpression(one, scope);
  };
  const everyArgument = (): unknown[] => given.map((_, index) => argument(index));

  switch (name) {
    case 'parameters':
      return scope.parameter(String(argument(0)));
    case 'variables':
      return scope.variable(String(argument(0)));
    case 'reference':
      return scope.reference(String(argument(0)), given.length > 2 && argument(2) === 'full');
    case 'if':
      return decidable(argument(0), 'if()') ? argument(1) : argument(2);
    case 'and':
      return given.every((_, index) => decidable(argument(index), 'and()'));
    case 'or':
      return given.some((_, index) => decidable(argument(index), 'or()'));
    case 'coalesce':
      for (let index = 0; index < given.length; index += 1) {
        const value = argument(index);
        if (value !== null && value !== undefined) return value;
      }
      return null;
    case 'tryGet': {
      let value = argument(0);
      for (const key of everyArgument().slice(1)) value = hasMember(value, key) ? memberOf(value, key) : null;
      return value;
    }
    case 'copyIndex':
      return copyIndex(scope, given.length > 0 ? argument(0) : undefined);
    case 'lambdaVariables':
      return scope.lambdaVariables.get(String(argument(0)));
    case 'lambda':
      return lambdaOf(given, scope);
    case 'map':
      return arrayOf(argument(0)).map((one) => (argument(1) as Lambda)(one));
    case 'filter':
      return arrayOf(argument(0)).filter((one) => decidable((argument(1) as Lambda)(one), 'filter()'));
    case 'reduce':
      return arrayOf(argument(0)).reduce((sum, one) => (argument(2) as Lambda)(sum, one), argument(1));
    case 'toObject':
      return Object.fromEntries(
        arrayOf(argument(0)).map((one) => [String((argument(1) as Lambda)(one)), (argument(2) as Lambda)(one)]),
      );
    default: {
      const known = pureFunctions[name] ?? scope.ambient[name];
      if (known !== undefined) return known(...everyArgument());
      const own = scope.templateFunction(name);
      if (own !== undefined) return own(everyArgument());
      throw new Error(`The template function ${name}() is unknown to test/infra/support: add it there.`);
    }
  }
}

function lambdaOf(given: readonly Expression[], scope: EvaluationScope): Lambda {
  const body = given.at(-1);
  if (body === undefined) throw new Error('A lambda without a body.');
  const names = given.slice(0, -1).map((one) => String(evaluateExpression(one, scope)));
  return (...values) =>
    evaluateExpression(body, {
      ...scope,
      lambdaVariables: new Map([
        ...scope.lambdaVariables,
        ...names.map((name, index): [string, unknown] => [name, values[index]]),
      ]),
    });
}

function copyIndex(scope: EvaluationScope, name: unknown): number {
  const index = name === undefined ? [...scope.copyIndexes.values()].at(-1) : scope.copyIndexes.get(String(name));
  if (index === undefined) throw new Error(`copyIndex(${String(name ?? '')}) outside of its loop.`);
  return index;
}

function arrayOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(`Expected an array and found ${JSON.stringify(value)}.`);
  return value;
}

/** The name under which an object holds a property: the template language does not mind its case. */
function ownKey(value: object, key: unknown): string | undefined {
  const wanted = String(key);
  return Object.hasOwn(value, wanted)
    ? wanted
    : Object.keys(value).find((one) => one.toLowerCase() === wanted.toLowerCase());
}

function hasMember(value: unknown, key: unknown): boolean {
  if (isRuntimeValue(value)) return true;
  return typeof value === 'object' && value !== null && ownKey(value, key) !== undefined;
}

function memberOf(value: unknown, key: unknown): unknown {
  if (isRuntimeValue(value)) return runtimeValue(`${value.runtime}.${String(key)}`);
  if (!hasMember(value, key)) {
    throw new Error(`There is no property "${String(key)}" in ${JSON.stringify(value)?.slice(0, 200)}.`);
  }
  return (value as Record<string, unknown>)[ownKey(value as object, key) as string];
}
