import type { KqlNode } from '../../../infra/kql-language.ts';
import { type KqlValue, kqlEquals, kqlFunctions, kqlOrder, kqlText } from './kql-scalars.ts';

export type KqlRow = Readonly<Record<string, KqlValue>>;

/** What an expression may refer to. */
export interface KqlScope {
  readonly now: Date;
  readonly row: KqlRow;
  /** Values and tables named by `let`, and the tables of the workspace. */
  readonly names: ReadonlyMap<string, KqlValue>;
  readonly evaluateTable: (node: KqlNode) => readonly KqlRow[];
}

/** A part of a node that the syntax promises; @throws when it is not there. */
export function part(node: KqlNode, ...names: string[]): KqlNode {
  let found = node;
  for (const name of names) {
    const next = found.parts[name];
    if (next === undefined) throw new Error(`A ${found.kind} has no part "${name}": ${found.text.slice(0, 80)}`);
    found = next;
  }
  return found;
}

const spans: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

/** Evaluates a scalar expression on one row. @throws on syntax or a function that the queries did not use before. */
export function evaluateScalar(node: KqlNode, scope: KqlScope): KqlValue {
  const value = (name: string): KqlValue => evaluateScalar(part(node, name), scope);
  const text = (name: string): string => kqlText(value(name)).toLowerCase();
  switch (node.kind) {
    case 'NameReference':
    case 'BracketedName':
      return named(node.text, scope);
    case 'StringLiteralExpression':
      return stringLiteral(node.text);
    case 'LongLiteralExpression':
    case 'IntLiteralExpression':
    case 'RealLiteralExpression':
      return Number(node.text);
    case 'TimespanLiteralExpression': {
      const [, amount, unit = ''] = /^(\d+)([dhms])$/.exec(node.text) ?? [];
      return Number(amount) * (spans[unit] ?? Number.NaN);
    }
    case 'UnaryMinusExpression':
      return -Number(evaluateScalar(part(node, 'Expression'), scope));
    case 'ParenthesizedExpression':
    case 'DynamicExpression':
      return value('Expression');
    case 'JsonArrayExpression':
      return part(node, 'Values').items.map((one) => evaluateScalar(one, scope));
    case 'AndExpression':
      return value('Left') === true && value('Right') === true;
    case 'OrExpression':
      return value('Left') === true || value('Right') === true;
    case 'EqualExpression':
      return kqlEquals(value('Left'), value('Right'));
    case 'NotEqualExpression':
      return !kqlEquals(value('Left'), value('Right'));
    case 'EqualTildeExpression':
      return text('Left') === text('Right');
    case 'BangTildeExpression':
      return text('Left') !== text('Right');
    case 'GreaterThanExpression':
      return kqlOrder(value('Left'), value('Right')) > 0;
    case 'GreaterThanOrEqualExpression':
      return kqlOrder(value('Left'), value('Right')) >= 0;
    case 'LessThanExpression':
      return kqlOrder(value('Left'), value('Right')) < 0;
    case 'ContainsExpression':
    case 'HasExpression':
      return text('Left').includes(text('Right'));
    case 'StartsWithExpression':
      return text('Left').startsWith(text('Right'));
    case 'NotContainsExpression':
      return !text('Left').includes(text('Right'));
    case 'InExpression':
      return members(part(node, 'Right'), scope).some((one) => kqlEquals(one, value('Left')));
    case 'NotInExpression':
      return !members(part(node, 'Right'), scope).some((one) => kqlEquals(one, value('Left')));
    case 'HasAnyExpression':
      return members(part(node, 'Right'), scope).some((one) => text('Left').includes(kqlText(one).toLowerCase()));
    case 'PathExpression': {
      const object = value('Expression');
      const key = part(node, 'Selector').text;
      return typeof object === 'object' && object !== null ? ((object as KqlRow)[key] ?? null) : null;
    }
    case 'ElementExpression': {
      const array = value('Expression');
      const index = Number(evaluateScalar(part(node, 'Selector', 'Expression'), scope));
      return Array.isArray(array) ? (array.at(index) ?? null) : null;
    }
    case 'ToScalarExpression': {
      const [row] = scope.evaluateTable(part(node, 'Expression'));
      return row === undefined ? null : Object.values(row)[0];
    }
    case 'FunctionCallExpression':
      return call(node, scope);
    default:
      throw new Error(`The tests cannot evaluate a ${node.kind}: ${node.text.slice(0, 80)}`);
  }
}

function call(node: KqlNode, scope: KqlScope): KqlValue {
  const name = part(node, 'Name').text;
  const given = part(node, 'ArgumentList', 'Expressions').items;
  const argument = (index: number): KqlValue => {
    const one = given[index];
    return one === undefined ? null : evaluateScalar(one, scope);
  };
  if (name === 'ago') return new Date(scope.now.getTime() - Number(argument(0)));
  if (name === 'iff') return argument(0) === true ? argument(1) : argument(2);
  if (name === 'column_ifexists') {
    const column = kqlText(argument(0));
    return column in scope.row ? scope.row[column] : argument(1);
  }
  if (name === 'dynamic') return argument(0);
  const known = kqlFunctions[name];
  if (known === undefined) throw new Error(`The tests do not know the Kusto function ${name}().`);
  return known(...given.map((_, index) => argument(index)));
}

function named(name: string, scope: KqlScope): KqlValue {
  if (name in scope.row) return scope.row[name];
  // Kusto's own analysis has resolved every name: what is in no row here is a column of a table without rows.
  return scope.names.get(name) ?? null;
}

/** What stands in the brackets after `in`: scalars, one dynamic array, or the first column of a table. */
function members(list: KqlNode, scope: KqlScope): KqlValue[] {
  return part(list, 'Expressions').items.flatMap((one) => {
    const value = evaluateScalar(one, scope);
    if (!Array.isArray(value)) return [value];
    return value.map((item) => (isRow(item) ? Object.values(item)[0] : item));
  });
}

const isRow = (value: KqlValue): value is KqlRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function stringLiteral(text: string): string {
  if (text.startsWith('@')) return text.slice(2, -1);
  return text.slice(1, -1).replaceAll("\\'", "'").replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}
