/** A resource as Azure Resource Graph holds it. */
export interface GraphResource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly location: string;
  readonly resourceGroup: string;
  readonly subscriptionId: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly identity?: Readonly<Record<string, unknown>>;
}

type Row = Record<string, unknown>;

/** Why a query was not understood, as the service words it. */
export class InvalidQuery extends Error {
  override readonly name = 'InvalidQuery';
}

/**
 * Answers as much of the query language as an inventory takes: `resources | where type in~ (…) | project a, b = path.to.it |
 * order by a asc`. @throws InvalidQuery on everything else.
 */
export function answerGraphQuery(query: string, resources: readonly GraphResource[]): Row[] {
  const [table = '', ...operators] = query.split('|').map((part) => part.trim());
  if (table.toLowerCase() !== 'resources') throw new InvalidQuery(`'${table}' is not a valid table.`);
  return operators.reduce<Row[]>(
    (rows, operator) => applyOperator(operator, rows),
    resources.map((one) => ({ ...one })),
  );
}

function applyOperator(operator: string, rows: Row[]): Row[] {
  const [, where] = /^where\s+type\s+in~\s*\(([^)]*)\)$/s.exec(operator) ?? [];
  if (where !== undefined) {
    const types = Array.from(where.matchAll(/'([^']*)'/g), ([, type = '']) => type.toLowerCase());
    return rows.filter(({ type }) => types.includes(String(type).toLowerCase()));
  }
  const [, columns] = /^project\s+(.*)$/s.exec(operator) ?? [];
  if (columns !== undefined)
    return rows.map((row) => Object.fromEntries(columns.split(',').map((one) => column(one, row))));
  const [, name] = /^order\s+by\s+(\w+)\s+asc$/.exec(operator) ?? [];
  if (name !== undefined) return rows.toSorted((a, b) => (String(a[name]) < String(b[name]) ? -1 : 1));
  throw new InvalidQuery(`The stand-in for Resource Graph does not know "${operator}".`);
}

function column(expression: string, row: Row): [string, unknown] {
  const [, name, path] = /^\s*(?:(\w+)\s*=\s*)?([\w.]+)\s*$/.exec(expression) ?? [];
  if (path === undefined)
    throw new InvalidQuery(`The stand-in for Resource Graph does not know "${expression.trim()}".`);
  const value = path.split('.').reduce<unknown>((of, key) => (of as Row | null | undefined)?.[key], row);
  return [name ?? path, value ?? null];
}
