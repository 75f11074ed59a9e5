import { expect, test } from 'vitest';
import { parseAudit } from '../../../src/escrow/audit/stored-audit.ts';
import { soundAudit, troubledAudit } from '../../support/sample-audit.ts';

test.each([troubledAudit(), soundAudit()])('an audit is read back as it was written', (audit) => {
  expect(parseAudit(JSON.stringify(audit))).toEqual(JSON.parse(JSON.stringify(audit)));
});

const [source] = troubledAudit().sources;
const [key] = source?.keys ?? [];
const [run] = source?.runs ?? [];
const { chain, totals, calendar } = troubledAudit();

const ofAudit = (more: object): object => ({ ...troubledAudit(), ...more });
const ofSource = (more: object): object => ofAudit({ sources: [{ ...source, ...more }] });
const ofKey = (more: object): object => ofSource({ keys: [{ ...key, ...more }] });
const ofChain = (more: object): object => ofAudit({ chain: { ...chain, ...more } });

test.each([
  ['another document', { format: 'keyvault-escrow/run-report/1' }],
  ['no beginning', ofAudit({ startedAt: undefined })],
  ['an end at no time', ofAudit({ finishedAt: 'soon' })],
  ['a drill that is null', ofAudit({ drill: null })],
  ['a drill at no time', ofAudit({ drill: { receipt: 'drills/x.json', finishedAt: '', keys: 1 } })],
  ['a canary of no time', ofAudit({ writeOnce: { canary: 'x', createdAt: 'once' } })],
  ['a schedule that is none', ofAudit({ asked: { ...troubledAudit().asked, auditSchedule: 'every day' } })],
  ['evidence without end', ofChain({ evidence: Array(100_001).fill(chain.evidence[0]) })],
  ['no calendar', ofAudit({ calendar: undefined })],
  ['a calendar of a million days', ofAudit({ calendar: { ...calendar, days: 1e6 } })],
  ['a calendar from no day', ofAudit({ calendar: { ...calendar, from: 'x' } })],
  ['totals of a state that is none', ofAudit({ totals: { ...totals, byStatus: { lost: 1 } } })],
  ['a finding without remedy', ofAudit({ findings: [{ finding: 'stale', severity: 'gap', message: 'x' }] })],
  ['a source that is null', ofAudit({ sources: [null] })],
  ['a source that is none', ofSource({ source: 'vaults/../x' })],
  ['a source without keys', ofSource({ keys: undefined })],
  ['a source without place', ofSource({ place: null })],
  ['a run at no time', ofSource({ runs: [{ ...run, startedAt: 'x' }] })],
  ['a key that is none', ofKey({ key: '../../x' })],
  ['a key in no state', ofKey({ status: 'lost' })],
  ['a key seen at no time', ofKey({ firstSeenAt: 'x' })],
  ['a key whose days blow up', ofKey({ days: 'e999999999' })],
  ['a key with more days than a year has', ofKey({ days: 'e183s184' })],
  ['a record that is null', ofKey({ record: null })],
  ['a record that says nothing', ofKey({ record: {} })],
  ['a record made at no time', ofKey({ record: { ...key?.record, createdAt: '' } })],
  ['versions that are none', ofKey({ versions: 'x' })],
  ['a witness that is null', ofKey({ versions: { count: 1, countedAt: key?.firstSeenAt, witnesses: [null] } })],
  ['a chain without evidence', ofAudit({ chain: {} })],
  ['a chain from nothing', ofChain({ previous: null })],
  ['evidence that is none', ofChain({ evidence: [{ name: 'vaults/contoso-prod/x', sha256: '' }] })],
])('a forgery is told as no audit instead of stopping the next one: %s', (_, forged) => {
  expect(parseAudit(JSON.stringify(forged))).toBeUndefined();
});

test('no time in what is gone by is later than now', () => {
  const text = JSON.stringify(ofKey({ firstSeenAt: '9999-01-01T00:00:00Z' }));
  const now = new Date('2026-11-25T06:00:00Z');
  expect(parseAudit(text, now)?.sources[0]?.keys[0]?.firstSeenAt).toBe(now.toISOString());
  expect(parseAudit(text)?.sources[0]?.keys[0]?.firstSeenAt).toBe('9999-01-01T00:00:00Z');
  expect(parseAudit(JSON.stringify(troubledAudit()), now)).toEqual(JSON.parse(JSON.stringify(troubledAudit())));
});

test('what is no JSON is told as no audit', () => {
  expect(parseAudit('{')).toBeUndefined();
});
