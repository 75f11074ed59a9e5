import { describe, expect, it } from 'vitest';
import { readQueries } from '../../infra/queries.ts';
import { queryNeeds, unknownNames } from '../../infra/query-fields.ts';

const query = `
// a comment may say 'escrow.never.logged' and line.nothing
AppTraces
| extend line = parse_json(Message)
| where tostring(line.event) == 'escrow.run.completed' and tostring(line.status) == 'ok'`;

describe('the names that a query needs', () => {
  it('are its quoted events and the fields of its line, comments aside', () => {
    expect(queryNeeds(query)).toEqual({ events: ['escrow.run.completed'], fields: ['event', 'status'] });
  });

  it('cannot hide: a message that is parsed without being called line is refused', () => {
    expect(() => queryNeeds('AppTraces | extend other = parse_json(Message)')).toThrow(/line = parse_json/);
    expect(() => queryNeeds(`${query} | where line['status'] == 1`)).toThrow(/line\.name/);
  });

  it('are found in every query on the app’s own lines', () => {
    for (const [name, kql] of Object.entries(readQueries())) {
      const { events, fields } = queryNeeds(kql);
      if (/backupTraces|auditTraces/.test(kql)) expect([events.length, fields.length], name).not.toContain(0);
      else expect(events, name).toEqual([]);
    }
  });
});

describe('the comparison of queries with log lines', () => {
  const lines = [
    { event: 'escrow.run.completed', runId: 'r', status: 'ok' },
    { event: 'escrow.key.failed', runId: 'r', key: 'k' },
  ];

  it('is silent when every name was logged', () => {
    expect(unknownNames({ a: query }, lines)).toEqual([]);
  });

  it('names an event that nobody logs', () => {
    expect(unknownNames({ a: query.replace('run.completed', 'run.finished') }, lines)).toContainEqual({
      query: 'a',
      kind: 'event',
      name: 'escrow.run.finished',
    });
  });

  it('names a field that only another event has', () => {
    expect(unknownNames({ a: query.replace('line.status', 'line.key') }, lines)).toEqual([
      { query: 'a', kind: 'field', name: 'key' },
    ]);
  });
});
