import { describe, expect, test } from 'vitest';
import { runDrill } from '../../../src/escrow/drill/drill.ts';
import { findOpenDrills } from '../../../src/escrow/drill/open-drills.ts';
import { closeDrills, findLeftovers, sweep } from '../../../src/escrow/drill/sweep.ts';
import { drillJournalFormat } from '../../../src/escrow/records/drill-journal.ts';
import { answered } from '../../support/answers.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { escrowedRecord } from '../../support/escrowed-record.ts';
import { createMemoryStore, type MemoryStore } from '../../support/memory-store.ts';
import { type ScriptedOperator, scriptedOperator } from '../../support/scripted-operator.ts';
import { witnessedVersions } from '../../support/witnessed-versions.ts';

const target = { source: { kind: 'vault', name: 'contoso-drill' }, place: {} } as const;
const now = () => new Date('2026-11-25T00:00:00Z');

async function drillInto(
  operator: ScriptedOperator,
  { drills = createMemoryStore(), keys = ['signing', 'second'] }: { drills?: MemoryStore; keys?: string[] } = {},
) {
  const store = createMemoryStore();
  const records = [];
  for (const key of keys) records.push(escrowedRecord(store, key));
  const known = await witnessedVersions('a', 'b');
  const standing: (string | undefined)[] = [];
  const drill = await runDrill(records, target, {
    ...{ store, drills, operator, now, softDeadline: noLimit, hardDeadline: noLimit },
    referenceOf: async () => ({ known }),
    sleep: async () => undefined,
    waiting: () => undefined,
    standing: (name) => standing.push(name),
    ended: () => undefined,
  });
  const { open } = await findOpenDrills(drills, target.source, noLimit);
  return { ...drill, standing, open, drills };
}

describe('a drill', () => {
  test('proves the key that was named, takes it away, and closes its journal', async () => {
    const operator = scriptedOperator({ restore: { name: 'Signing', versions: ['a', 'b'] } });
    const { receipt, open } = await drillInto(operator, { keys: ['signing'] });
    expect(receipt).toMatchObject({ status: 'ok', keys: [{ key: 'signing', outcome: 'proven' }] });
    expect([operator.changes, [...operator.there], open]).toEqual([['delete Signing', 'purge Signing'], [], []]);
  });

  test.each([
    ['another key', { name: 'alpha', versions: ['x'] }, 'it is key "alpha"'],
    ['a stranger under the name', { name: 'signing', versions: ['a', 'x'] }, 'version x is not among its versions'],
  ])('takes away what really came back, stops and says so: %s', async (_what, restore, said) => {
    const operator = scriptedOperator({ restore });
    const { receipt, open } = await drillInto(operator);
    expect(receipt).toMatchObject({
      status: 'stopped',
      keys: [{ outcome: 'failed', message: expect.stringContaining(said) }],
    });
    expect(receipt.left).toBeUndefined();
    expect(operator.changes).toEqual([`delete ${restore.name}`, `purge ${restore.name}`]);
    expect([[...operator.there], open]).toEqual([[], []]);
  });

  test('says that nothing is decided where a failure is not of the backup', async () => {
    const refusedWith = async (statusCode: number, code: string) => {
      const refused = answered('Key Vault', { statusCode, code });
      const { receipt } = await drillInto(scriptedOperator({ restore: { refused } }), { keys: ['signing'] });
      return receipt.keys[0];
    };
    expect(await refusedWith(403, 'Forbidden')).toMatchObject({ outcome: 'failed', undecided: true });
    expect(await refusedWith(503, 'ServiceUnavailable')).toMatchObject({ outcome: 'failed', undecided: true });
    expect(await refusedWith(400, 'Malformed backup blob')).not.toHaveProperty('undecided');
    expect(await refusedWith(400, 'BadParameter')).not.toHaveProperty('undecided');
    const stranger = scriptedOperator({ restore: { name: 'alpha', versions: ['x'] } });
    expect((await drillInto(stranger)).receipt.keys[0]).not.toHaveProperty('undecided');
  });

  test('fails for a key that came back in an older state than its record says', async () => {
    const operator = scriptedOperator({ restore: { name: 'signing', versions: ['a'] } });
    const { receipt } = await drillInto(operator, { keys: ['signing'] });
    expect(receipt).toMatchObject({
      status: 'findings',
      keys: [{ outcome: 'failed', message: expect.stringContaining('is lacking: version b') }],
    });
  });

  test('touches nothing that somebody else has put under the name since, and names it', async () => {
    const operator = scriptedOperator({
      there: { signing: { versions: ['theirs'], state: 'active' } },
      restore: { conflict: { name: 'signing', version: 'b' } },
    });
    const { receipt, open } = await drillInto(operator);
    expect(receipt).toMatchObject({ status: 'stopped', left: ['signing'], keys: [{ outcome: 'failed' }] });
    expect(operator.changes).toEqual([]);
    expect(open.map(({ names }) => names)).toEqual([['signing']]);
  });

  test('touches nothing of its own either where no answer says that it is', async () => {
    const operator = scriptedOperator({ restore: { name: 'signing', versions: ['a', 'b'], lost: true } });
    const { receipt, open } = await drillInto(operator);
    expect(receipt).toMatchObject({ status: 'stopped', left: ['signing'] });
    expect(operator.changes).toEqual([]);
    expect(open).toHaveLength(1);
  });

  test('does not advise to delete anything where a record holds another key, whose name is taken', async () => {
    const operator = scriptedOperator({
      there: { alpha: { versions: ['theirs'], state: 'active' } },
      restore: { conflict: { name: 'alpha', version: 'x' } },
    });
    const { receipt } = await drillInto(operator);
    expect(receipt.keys[0]?.message).toContain('the service found key "alpha" in it');
    expect(JSON.stringify(receipt)).not.toMatch(/delete and purge|az keyvault key delete/);
    expect(operator.changes).toEqual([]);
  });

  test.each(['delete', 'purge'] as const)(
    'names what it could not %s, by that operation, and stays open',
    async (step) => {
      const error = answered('Key Vault', { statusCode: 409, code: 'Conflict' });
      const operator = scriptedOperator({
        restore: { name: 'signing', versions: ['a', 'b'] },
        refuse: { call: `${step}Key`, error },
      });
      const { receipt, open, standing } = await drillInto(operator);
      expect(receipt).toMatchObject({ status: 'stopped', left: ['signing'], keys: [{ outcome: 'proven' }] });
      expect(receipt.message).toContain(`Cannot ${step} key "signing" in vault "contoso-drill"`);
      expect([open.length, standing]).toEqual([1, ['signing', 'signing']]);
    },
  );

  test('is unproven where the versions of what came cannot be read, and takes it away all the same', async () => {
    const error = answered('Key Vault', { statusCode: 500, code: 'InternalServerError' });
    const operator = scriptedOperator({
      restore: { name: 'signing', versions: ['a', 'b'] },
      refuse: { call: 'listVersions', error },
    });
    const { receipt } = await drillInto(operator, { keys: ['signing'] });
    expect(receipt).toMatchObject({ status: 'findings', keys: [{ outcome: 'unproven' }] });
    expect(operator.changes).toEqual(['delete signing', 'purge signing']);
  });

  test('goes on after a refusal, which leaves nothing', async () => {
    const refused = answered('Key Vault', { statusCode: 403, code: 'Forbidden', innerCode: 'ForbiddenByRbac' });
    const { receipt } = await drillInto(scriptedOperator({ restore: { refused } }));
    expect([receipt.status, receipt.keys.length, receipt.left]).toEqual(['findings', 2, undefined]);
  });

  test('whose receipt cannot be written says what came of it, and stays open', async () => {
    const drills = createMemoryStore();
    drills.faultOfPut = (name) => (name.includes('journal') ? undefined : 'refused');
    const operator = scriptedOperator({ restore: { name: 'signing', versions: ['a', 'b'] } });
    const { receipt, receiptName, receiptFailure, open } = await drillInto(operator, { drills, keys: ['signing'] });
    expect([receipt.status, receiptName, receiptFailure?.code]).toEqual(['ok', undefined, 'ServerBusy']);
    expect(open).toHaveLength(1);
  });
});

describe('a sweep', () => {
  async function crashed() {
    const operator = scriptedOperator({ restore: { name: 'signing', versions: ['a', 'b'], lost: true } });
    const { open, drills } = await drillInto(operator);
    return { operator, open, drills };
  }

  test('shows what open drills and a person name, and takes that away, as it was shown', async () => {
    const { operator, open, drills } = await crashed();
    operator.there.set('theirs', { versions: ['t'], state: 'deleted' });
    const found = await findLeftovers(operator, open, ['theirs'], undefined, noLimit);
    expect(found.map(({ name, state, journalName }) => [name, state, journalName !== undefined])).toEqual([
      ['theirs', 'deleted', false],
      ['signing', 'active', true],
    ]);
    const swept = await sweep(operator, found, noLimit);
    expect(swept.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    expect([...operator.there]).toEqual([]);
    await closeDrills(drills, open, new Set(), ['signing'], now, noLimit);
    expect((await findOpenDrills(drills, target.source, noLimit)).open).toEqual([]);
  });

  test('asks a vault only for what is there, and closes each drill under its own name, whatever journals say', async () => {
    const { operator, drills } = await crashed();
    const many = Array.from({ length: 500 }, (_, at) => `k${at}`);
    const names = ['', 'a/b', '../../secrets/x', '\u001b[2J', 'Signing', ...many];
    const journal = { format: drillJournalFormat, startedAt: now().toISOString(), target: 'vaults/contoso-drill' };
    const keys = names.map((key) => ({ source: 'vaults/contoso-prod', key, blobName: 'x' }));
    const planted = JSON.stringify({ ...journal, drillId: '../../elsewhere', keys });
    drills.put('drills/20261126T000000Z.journal.json', planted);
    const { open } = await findOpenDrills(drills, target.source, noLimit);
    const asked: string[] = [];
    const watched = {
      ...operator,
      findKey(key: string) {
        asked.push(key);
        return operator.findKey(key, noLimit);
      },
    };
    expect((await findLeftovers(watched, open, [], undefined, noLimit)).map((one) => one.name)).toEqual(['signing']);
    expect(asked).toEqual(['signing']);
    await closeDrills(drills, open, new Set(), ['signing'], now, noLimit);
    expect((await findOpenDrills(drills, target.source, noLimit)).open).toEqual([]);
    expect([...drills.blobs.keys()].filter((one) => one.includes('elsewhere'))).toEqual([]);
  });

  test('asks a vault nothing, which may be gone, where neither a drill nor a person names a key', async () => {
    const gone = scriptedOperator({});
    gone.keys.listKeys = () => {
      throw new Error('there is no such vault');
    };
    expect(await findLeftovers(gone, [], [], undefined, noLimit)).toEqual([]);
  });

  test('leaves alone what changed since it was shown', async () => {
    const { operator, open, drills } = await crashed();
    const found = await findLeftovers(operator, open, [], undefined, noLimit);
    operator.there.set('signing', { versions: ['a', 'b', 'c'], state: 'active' });
    const [one] = await sweep(operator, found, noLimit);
    expect(one?.failure).toMatchObject({ code: 'anotherKey' });
    expect(operator.changes).toEqual([]);
    await closeDrills(drills, open, new Set(['signing']), [], now, noLimit);
    expect((await findOpenDrills(drills, target.source, noLimit)).open).toHaveLength(1);
  });
});
