import { type KqlNode, kqlSyntax } from '../../../infra/kql-language.ts';
import { evaluateScalar, type KqlRow, type KqlScope, part } from './kql-expressions.ts';
import { type KqlValue, kqlOrder, kqlText } from './kql-scalars.ts';

type Table = readonly KqlRow[];

/**
 * Answers a query from rows held in memory: as much of Kusto as the queries in infra/queries use, on the syntax tree that
 * Kusto's own parser makes. The real engine is reached nowhere but in Azure; this one shows what a query is meant to say.
 *
 * @throws on an operator or a function that no query used before.
 */
export function answerKql(kql: string, tables: Readonly<Record<string, Table>>, now: Date): Table {
  const names = new Map<string, KqlValue>(Object.entries(tables));
  let answer: Table = [];
  const scope: KqlScope = { now, row: {}, names, evaluateTable: (node) => evaluateTable(node, scope) };
  for (const statement of part(syntaxOf(kql), 'Statements').items) {
    const expression = part(statement, 'Expression');
    if (statement.kind === 'LetStatement') {
      names.set(
        part(statement, 'Name').text,
        isTable(expression, names) ? evaluateTable(expression, scope) : evaluateScalar(expression, scope),
      );
    } else answer = evaluateTable(expression, scope);
  }
  return answer;
}

const parsed = new Map<string, KqlNode>();

/** The tree of a query, parsed once: Kusto's parser takes a quarter of a second. */
function syntaxOf(kql: string): KqlNode {
  const syntax = parsed.get(kql) ?? kqlSyntax(kql);
  parsed.set(kql, syntax);
  return syntax;
}

const isTable = (node: KqlNode, names: ReadonlyMap<string, KqlValue>): boolean =>
  ['PipeExpression', 'PrintOperator', 'UnionOperator'].includes(node.kind) ||
  (node.kind === 'NameReference' && Array.isArray(names.get(node.text)));

function evaluateTable(node: KqlNode, scope: KqlScope): Table {
  switch (node.kind) {
    case 'NameReference': {
      const table = scope.names.get(node.text);
      if (!Array.isArray(table)) throw new Error(`There is no table "${node.text}".`);
      return table;
    }
    case 'ParenthesizedExpression':
      return evaluateTable(part(node, 'Expression'), scope);
    case 'PrintOperator':
      return [columnsOf(part(node, 'Expressions').items, scope)];
    case 'UnionOperator': {
      const isFuzzy = node.parts.Parameters?.text.includes('isfuzzy=true') ?? false;
      const isThere = (one: KqlNode): boolean =>
        one.kind === 'NameReference'
          ? scope.names.has(one.text)
          : one.parts.Expression === undefined || isThere(one.parts.Expression);
      const legs = part(node, 'Expressions').items.filter((one) => !isFuzzy || isThere(one));
      return union(legs.map((one) => evaluateTable(one, scope)));
    }
    // Only ever an empty one, beside a table that may not be there yet.
    case 'DataTableExpression':
      return [];
    case 'PipeExpression':
      return operate(part(node, 'Operator'), evaluateTable(part(node, 'Expression'), scope), scope);
    default:
      throw new Error(`The tests cannot evaluate a ${node.kind}: ${node.text.slice(0, 80)}`);
  }
}

function operate(operator: KqlNode, table: Table, scope: KqlScope): Table {
  const on = (row: KqlRow): KqlScope => ({ ...scope, row });
  switch (operator.kind) {
    case 'FilterOperator':
      return table.filter((row) => evaluateScalar(part(operator, 'Condition'), on(row)) === true);
    case 'ExtendOperator':
      return table.map((row) => ({ ...row, ...columnsOf(part(operator, 'Expressions').items, on(row)) }));
    case 'ProjectOperator':
      return table.map((row) => columnsOf(part(operator, 'Expressions').items, on(row)));
    case 'DistinctOperator':
      return groupRows(table.map((row) => columnsOf(part(operator, 'Expressions').items, on(row)))).map(([key]) => key);
    case 'CountOperator':
      return [{ Count: table.length }];
    case 'MvExpandOperator':
      return table.flatMap((row) => {
        const [expanded] = part(operator, 'Expressions').items;
        const column = expanded === undefined ? '' : part(expanded, 'Expression').text;
        return (row[column] as KqlValue[]).map((value) => ({ ...row, [column]: value }));
      });
    case 'SummarizeOperator':
      return summarize(operator, table, scope);
    case 'JoinOperator':
      return join(operator, table, scope);
    default:
      throw new Error(`The tests cannot evaluate a ${operator.kind}: ${operator.text.slice(0, 80)}`);
  }
}

function columnsOf(expressions: readonly KqlNode[], scope: KqlScope): KqlRow {
  return Object.fromEntries(
    expressions.map((one) =>
      one.kind === 'SimpleNamedExpression'
        ? [part(one, 'Name').text, evaluateScalar(part(one, 'Expression'), scope)]
        : [one.text, evaluateScalar(one, scope)],
    ),
  );
}

/** Rows with equal columns, together: each group with the row that stands for it and the places of its members. */
function groupRows(rows: Table): [KqlRow, number[]][] {
  const groups = new Map<string, [KqlRow, number[]]>();
  for (const [index, row] of rows.entries()) {
    const key = JSON.stringify(Object.values(row));
    const group = groups.get(key) ?? [row, []];
    group[1].push(index);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function summarize(operator: KqlNode, table: Table, scope: KqlScope): Table {
  const keys = operator.parts.ByClause === undefined ? [] : part(operator, 'ByClause', 'Expressions').items;
  const groups: [KqlRow, number[]][] =
    keys.length === 0
      ? // Without "by" there is always one row, also of nothing.
        [[{}, [...table.keys()]]]
      : groupRows(table.map((row) => columnsOf(keys, { ...scope, row })));
  return groups.map(([key, indexes]) => {
    const rows = indexes.map((index) => table[index] as KqlRow);
    const aggregates = part(operator, 'Aggregates').items.map((one) => aggregate(one, rows, scope));
    return Object.fromEntries([key, ...aggregates].flatMap((one) => Object.entries(one)));
  });
}

function aggregate(node: KqlNode, rows: Table, scope: KqlScope): KqlRow {
  const isNamed = node.kind === 'SimpleNamedExpression';
  const call = isNamed ? part(node, 'Expression') : node;
  const name = part(call, 'Name').text;
  const given = part(call, 'ArgumentList', 'Expressions').items;
  const column = isNamed ? part(node, 'Name').text : `${name}_`;
  const [first] = given;
  const valuesOf = (expression: KqlNode): KqlValue[] =>
    rows.map((row) => evaluateScalar(expression, { ...scope, row }));
  if (name === 'count') return { [column]: rows.length };
  if (first === undefined) throw new Error(`${name}() lacks an argument.`);
  if (name === 'countif') return { [column]: valuesOf(first).filter((one) => one === true).length };
  if (name === 'make_set') return { [column]: [...new Set(valuesOf(first))] };
  const values = valuesOf(first);
  const best = values.reduce<number>(
    (found, value, index) => (found < 0 || kqlOrder(value, values[found]) > 0 ? index : found),
    -1,
  );
  if (name === 'max') return { [column]: values[best] ?? null };
  if (name !== 'arg_max') throw new Error(`The tests do not know the aggregate ${name}().`);
  return Object.fromEntries(given.map((one) => [one.text, rows[best]?.[one.text] ?? null]));
}

function join(operator: KqlNode, left: Table, scope: KqlScope): Table {
  const kind = part(operator, 'Parameters').items.find((one) => part(one, 'Name').text === 'kind');
  const wanted = kind === undefined ? 'innerunique' : part(kind, 'Expression').text;
  if (wanted !== 'inner' && wanted !== 'leftouter') throw new Error(`The tests do not know a join of kind ${wanted}.`);
  const right = evaluateTable(part(operator, 'Expression'), scope);
  const columns = part(operator, 'ConditionClause', 'Expressions').items.map((one) => one.text);
  return left.flatMap((row) => {
    const found = right.filter((other) => columns.every((name) => kqlText(row[name]) === kqlText(other[name])));
    const matches: Table = found.length === 0 && wanted === 'leftouter' ? [{}] : found;
    // A column that both have keeps the left one's name; the right one gets a 1.
    return matches.map((other) => ({
      ...row,
      ...Object.fromEntries(Object.entries(other).map(([name, value]) => [name in row ? `${name}1` : name, value])),
    }));
  });
}

function union(tables: readonly Table[]): Table {
  const columns = [...new Set(tables.flatMap((table) => table.flatMap((row) => Object.keys(row))))];
  return tables.flatMap((table) =>
    table.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? null]))),
  );
}
