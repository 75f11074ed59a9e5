import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/escrow/model/outcome.ts';
import type { EscrowSource } from '../../../src/escrow/model/source.ts';
import { parseRecordName, recordName } from '../../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../../src/escrow/records/put-once.ts';
import type { RunReport } from '../../../src/escrow/records/run-report.ts';
import { runSource, type SourceRun } from '../../../src/escrow/run/source-run.ts';
import { escrowSource } from '../../support/escrow-sources.ts';
import { createMemoryStore, type MemoryStore } from '../../support/memory-store.ts';
import { type Death, endOf, mortal } from '../../support/mortal-process.ts';
import { runPorts } from '../../support/run-ports.ts';
import { createScriptedKeySource, type ScriptedKey } from '../../support/scripted-key-source.ts';

const runId = '20261124T020000Z';

interface World {
  readonly source: EscrowSource;
  readonly pages: readonly (readonly ScriptedKey[])[];
  readonly failsAtPage: number | undefined;
  /** Names (lower-case) whose record name somebody else has taken, whose put is refused, whose put loses its answer. */
  readonly taken: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
  readonly lostAnswers: ReadonlySet<string>;
  /** Names (lower-case) of keys that change in the source before each pass: of the first one, of the second, … */
  readonly changes: readonly ReadonlySet<string>[];
}

const names = 'a B b signing Signing tmp-1 old-1 web payroll k10 k11 k12 k13 k14'.split(' ');
const lowerNames = [...new Set(names.map((name) => name.toLowerCase()))];
const often = <T>(usual: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

const scriptedKeys: fc.Arbitrary<ScriptedKey> = fc
  .tuple(fc.constantFrom(...names), often(false, fc.constant(true)), often(undefined, fc.constantFrom('fails', 'gone')))
  .map(([name, certificateBacked, backup]) => ({ name, certificateBacked, ...(backup && { backup }) }));
const someNames = fc.subarray(lowerNames, { maxLength: 3 }).map((list) => new Set(list));

const worlds: fc.Arbitrary<World> = fc
  .record({
    kind: fc.constantFrom('vault' as const, 'managedHsm' as const),
    keys: fc.constantFrom(
      ['*'],
      ['*', 'signing'],
      ['SIGNING', 'missing'],
      ['k*', 'b'],
      ['?'],
      ['nothing-*'],
      ['*', 'tmp-1'],
    ),
    except: fc.constantFrom([], [], ['tmp-*'], ['*'], ['k1?']),
    retired: fc.constantFrom([], [], ['old-*'], ['b', 'WEB']),
    allowEmpty: fc.boolean(),
    pages: fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 9, arbitrary: fc.array(fc.array(scriptedKeys, { maxLength: 8 }), { minLength: 1, maxLength: 4 }) },
    ),
    failsAtPage: often<number | undefined>(undefined, fc.nat({ max: 4 })),
    taken: often<ReadonlySet<string>>(new Set(), someNames),
    refused: often<ReadonlySet<string>>(new Set(), someNames),
    lostAnswers: often<ReadonlySet<string>>(new Set(), someNames),
    changes: fc.array(someNames, { minLength: 4, maxLength: 4 }),
  })
  .map(({ kind, keys, except, retired, allowEmpty, ...rest }) => ({
    source: escrowSource(kind, 'contoso-x', { keys, except, retired, allowEmpty }),
    ...rest,
  }));

/** What must become of each key, by an independent reading of the rules. */
type Expected = 'stored' | 'skipped' | 'failed';

function expectedOutcomes(world: World): { readonly keys: Map<string, Expected>; readonly hasProblem: boolean } {
  const { source, pages, failsAtPage, refused } = world;
  const matches = (patterns: readonly string[], name: string): boolean =>
    patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(name));
  const isChosen = (name: string): boolean => matches(source.keys, name) && !matches(source.except, name);
  const keys = new Map<string, Expected>();
  let chosen = 0;
  let leftOut = 0;
  for (const { name, certificateBacked, backup } of pages.slice(0, failsAtPage).flat()) {
    const lower = name.toLowerCase();
    if (keys.has(lower)) continue;
    const isRetired = matches(source.retired, name);
    if (isChosen(name)) chosen++;
    else if (!isRetired) leftOut++;
    if (isRetired || !isChosen(name) || certificateBacked) keys.set(lower, 'skipped');
    else keys.set(lower, backup !== undefined || refused.has(lower) ? 'failed' : 'stored');
  }
  const listed = keys.size;
  for (const name of source.keys) {
    if (/[*?]/.test(name) || keys.has(name.toLowerCase())) continue;
    if (isChosen(name) && !matches(source.retired, name)) keys.set(name.toLowerCase(), 'failed');
  }
  const isEmpty = listed === 0 && !source.allowEmpty;
  return { keys, hasProblem: failsAtPage !== undefined || isEmpty || (leftOut > 0 && chosen === 0) };
}

function storeOf({ source, taken, refused, lostAnswers }: World, moments?: readonly number[]): MemoryStore {
  const store = createMemoryStore(moments && { moments });
  for (const name of taken) {
    store.put(recordName(source, name, runId), 'theirs', { metadata: { runid: '20200101T000000Z' } });
  }
  const among = (list: ReadonlySet<string>, blob: string): boolean => list.has(parseRecordName(blob)?.keyName ?? '');
  store.faultOfPut = (blob) => {
    if (among(refused, blob) && !store.blobs.has(blob)) return 'refused';
    return among(lostAnswers, blob) ? 'lostAnswer' : undefined;
  };
  return store;
}

/** A pass begins every minute; what changes before it does so half a minute earlier. */
const timeOfPass = (attempt: number): Date => new Date(Date.UTC(2026, 10, 24, 2, attempt));
const changedBefore = (attempt: number): Date => new Date(timeOfPass(attempt).getTime() - 30_000);

/** When a key changed last, as a pass sees it. */
function updatedAt({ changes }: World, name: string, attempt: number): Date {
  const last = changes.slice(0, attempt).findLastIndex((changed) => changed.has(name.toLowerCase()));
  return changedBefore(last + 1);
}

function start(world: World, store: MemoryStore, attempt: number, death?: Death) {
  const { source, failsAtPage } = world;
  const pages = world.pages.map((page) =>
    page.map((key) => ({ ...key, updatedAt: updatedAt(world, key.name, attempt) })),
  );
  const now = timeOfPass(attempt);
  const keys = createScriptedKeySource({ source, pages, now, ...(failsAtPage !== undefined && { failsAtPage }) });
  const ports = death === undefined ? { keys, store } : mortal({ keys, store }, death);
  const job = { source, runId, trigger: 'schedule', attempt, whatIf: false } as const;
  return { keys, run: runSource(job, runPorts(ports.keys, ports.store)) };
}

const isStored = ({ outcome }: Outcome): boolean => outcome === 'escrowed' || outcome === 'alreadyEscrowed';

/** @param attempt the pass that it is the truth of. */
function expectTruth(world: World, store: MemoryStore, run: SourceRun, attempt = 1): void {
  const { keys, hasProblem } = expectedOutcomes(world);
  const told = run.outcomes.map((outcome): [string, Expected] => [
    outcome.key.toLowerCase(),
    isStored(outcome) ? 'stored' : (outcome.outcome as Expected),
  ]);
  // Each considered key once, and with the outcome that it deserves.
  expect(told.toSorted()).toEqual([...keys].toSorted());
  const { considered, escrowed, alreadyEscrowed, skipped, failed } = run.counts;
  expect(considered).toBe(escrowed + alreadyEscrowed + skipped + failed);
  expect(considered).toBe(keys.size);
  expect(run.problems.length > 0).toBe(hasProblem);
  expect(run.status).toBe(hasProblem || [...keys.values()].includes('failed') ? 'incomplete' : 'ok');

  for (const outcome of run.outcomes) {
    if (outcome.outcome !== 'escrowed' && outcome.outcome !== 'alreadyEscrowed') continue;
    const blob = store.blobs.get(outcome.blobName);
    expect(blob?.metadata.runid).toBe(runId);
    // Of the key as it is now.
    expect(new Date(blob?.metadata.backedupat ?? 0) >= updatedAt(world, outcome.key, attempt)).toBe(true);
    expect(outcome.sha256).toBe(sha256Of(blob?.bytes ?? Buffer.from('nothing')));
    expect(outcome.bytes).toBe(blob?.bytes.length);
  }

  const report: RunReport = JSON.parse(Buffer.from(store.blobs.get(run.reportName ?? '')?.bytes ?? []).toString());
  const { wouldEscrow: _, ...counts } = run.counts;
  expect(report.counts).toEqual(counts);
  expect(report.status).toBe(run.status);
  expect(report.keys).toEqual(JSON.parse(JSON.stringify(run.outcomes)));
}

/** Records by this run are those of the keys that must be stored, one of each state; what others wrote is untouched. */
function expectRecords(world: World, store: MemoryStore, passes = 1): void {
  const stored = [...expectedOutcomes(world).keys].flatMap(([name, expected]) => (expected === 'stored' ? [name] : []));
  const ours = Map.groupBy(ourRecords(store), ({ name }) => parseRecordName(name)?.keyName ?? name);
  expect(new Set(ours.keys())).toEqual(new Set(stored));
  for (const [name, records] of ours) {
    const states = records.map(({ metadata }) => Date.parse(metadata.backedupat ?? '')).sort((a, b) => a - b);
    for (const [index, state] of states.slice(1).entries()) {
      const before = states[index] ?? 0;
      const isChange = (pass: number): boolean =>
        world.changes[pass - 1]?.has(name) === true && +changedBefore(pass) > before && +changedBefore(pass) <= state;
      expect(Array.from({ length: passes }, (_, pass) => pass + 1).some(isChange)).toBe(true);
    }
  }
  for (const { name, bytes, metadata } of store.blobs.values()) {
    if (name.endsWith('.keybackup') && metadata.runid !== runId) expect(Buffer.from(bytes).toString()).toBe('theirs');
  }
}

function ourRecords(store: MemoryStore) {
  return [...store.blobs.values()].filter(
    ({ name, metadata }) => name.endsWith('.keybackup') && metadata.runid === runId,
  );
}

// A mistake in a run shows within a dozen worlds; hundreds, because each has few keys and the rare ones must come up together.
test('every considered key has exactly one true outcome, whatever fails', async () => {
  const seen = { ok: 0, incomplete: 0 };
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const store = storeOf(world);
      const run = await start(world, store, 1).run;
      seen[run.status]++;
      expectTruth(world, store, run);
      expectRecords(world, store);
    }),
    { numRuns: 600 },
  );
  expect(Math.min(seen.ok, seen.incomplete)).toBeGreaterThan(50);
});

test('killed at any call, again and again, the last rerun finishes the same run: every key once, twice only if it changed', async () => {
  const deaths = fc.array(fc.record({ atCall: fc.nat({ max: 40 }), lands: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  });
  let killed = 0;
  let changedMeanwhile = 0;
  await fc.assert(
    fc.asyncProperty(worlds, deaths, async (world, kills) => {
      const store = storeOf(world);
      let attempt = 1;
      for (const death of kills) {
        if ((await endOf(start(world, store, attempt++, death).run)) === undefined) killed++;
      }
      const there = new Map(store.blobs);
      const { keys, run } = start(world, store, attempt);
      expectTruth(world, store, await run, attempt);
      expectRecords(world, store, attempt);
      for (const [name, blob] of there) expect(store.blobs.get(name)).toBe(blob);
      // What a killed run had escrowed is not backed up again, unless it has changed since.
      const backedUp = new Set(keys.backups.map((name) => name.toLowerCase()));
      for (const { name, metadata } of ourRecords({ ...store, blobs: there })) {
        const keyName = parseRecordName(name)?.keyName ?? '';
        const isCurrent = new Date(metadata.backedupat ?? 0) >= updatedAt(world, keyName, attempt);
        if (isCurrent) expect(backedUp).not.toContain(keyName);
        else changedMeanwhile++;
      }
    }),
    { numRuns: 400 },
  );
  expect(killed).toBeGreaterThan(200);
  expect(changedMeanwhile).toBeGreaterThan(25);
});

const interleavings = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 7 });

test('two runs of one run id at the same time leave one record of each key, and both report the truth', async () => {
  let shared = 0;
  await fc.assert(
    fc.asyncProperty(worlds, fc.boolean(), interleavings, async (anyWorld, isRetry, moments) => {
      // At the same time nothing changes between them.
      const world = { ...anyWorld, changes: [] };
      const store = storeOf(world, moments);
      const [left, right] = await Promise.all([start(world, store, 1).run, start(world, store, isRetry ? 2 : 1).run]);
      expectTruth(world, store, left);
      expectTruth(world, store, right);
      expectRecords(world, store);
      // Written once: by one of the two, for each key.
      const escrowed = [...left.outcomes, ...right.outcomes].filter(({ outcome }) => outcome === 'escrowed');
      expect(new Set(escrowed.map(({ key }) => key.toLowerCase())).size).toBe(escrowed.length);
      shared += escrowed.length;
    }),
    { numRuns: 300 },
  );
  // About 300; a generator of worlds without work would prove nothing.
  expect(shared).toBeGreaterThan(150);
});
