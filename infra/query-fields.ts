/** An event name or a field that a query looks for and no log line has. */
export interface UnknownName {
  readonly query: string;
  readonly kind: 'event' | 'field';
  readonly name: string;
}

/** What a query asks of the log: the events it names and the fields it reads of a line. */
export interface QueryNeeds {
  readonly events: readonly string[];
  readonly fields: readonly string[];
}

/**
 * Reads from a KQL text which events it names (every quoted `escrow.…`) and which fields it takes of a log line. All queries
 * write `extend line = parse_json(Message)` and then `line.<field>`, so the fields are exactly those words.
 *
 * @throws when a query parses a message and does not call it `line`: its fields could not be seen here.
 */
export function queryNeeds(kql: string): QueryNeeds {
  const code = kql.replace(/^\s*\/\/.*$/gm, '');
  const parses = code.match(/parse_json\(Message\)/g)?.length ?? 0;
  const named = code.match(/\bline\s*=\s*parse_json\(Message\)/g)?.length ?? 0;
  if (parses !== named) throw new Error('A query must name the parsed message: extend line = parse_json(Message).');
  if (/\bline\s*\[/.test(code)) throw new Error('A query must read fields as line.name, not line["name"].');
  return {
    events: distinct(code.matchAll(/['"](escrow\.[\w.]+)['"]/g)),
    fields: distinct(code.matchAll(/\bline\.(\w+)/g)),
  };
}

const distinct = (matches: Iterable<RegExpMatchArray>): string[] =>
  [...new Set(Array.from(matches, ([, name = '']) => name))].sort();

/**
 * Says which event names and fields the queries use that none of the log lines has. A field is looked for in the lines of
 * the events that the query names: `key` of another event does not excuse a query.
 *
 * @param queries KQL texts by file name.
 * @param lines parsed log lines, as the app wrote them.
 */
export function unknownNames(
  queries: Readonly<Record<string, string>>,
  lines: Iterable<Readonly<Record<string, unknown>>>,
): UnknownName[] {
  const fieldsOf = new Map<string, Set<string>>();
  for (const line of lines) {
    const event = String(line.event);
    const fields = fieldsOf.get(event) ?? new Set<string>();
    for (const field of Object.keys(line)) fields.add(field);
    fieldsOf.set(event, fields);
  }

  return Object.entries(queries).flatMap(([query, kql]) => {
    const { events, fields } = queryNeeds(kql);
    const seen = new Set(events.flatMap((event) => [...(fieldsOf.get(event) ?? [])]));
    return [
      ...events.filter((event) => !fieldsOf.has(event)).map((name) => ({ query, kind: 'event' as const, name })),
      ...fields.filter((field) => !seen.has(field)).map((name) => ({ query, kind: 'field' as const, name })),
    ];
  });
}
