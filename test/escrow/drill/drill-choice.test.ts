import { describe, expect, test } from 'vitest';
import { failedLast, readDrillAttempts } from '../../../src/escrow/drill/drill-attempts.ts';
import { chooseForDrill } from '../../../src/escrow/drill/drill-choice.ts';
import { drillReceiptName, recordName, recordPrefix } from '../../../src/escrow/records/blob-names.ts';
import type { StoredAudit } from '../../../src/escrow/records/stored-audits.ts';
import { drillReceipt } from '../../support/drill-receipt.ts';
import { noLimit, publicSuffixes } from '../../support/escrow-sources.ts';
import { createMemoryStore, type MemoryStore } from '../../support/memory-store.ts';
import { sampleKey } from '../../support/sample-audit.ts';

const source = { kind: 'vault', name: 'contoso-prod' } as const;
const target = { source: { kind: 'vault', name: 'contoso-drill' }, place: {} } as const;

/** A store with a record of each key. */
function escrowOf(...keys: readonly string[]): MemoryStore {
  const store = createMemoryStore();
  for (const key of keys) put(store, recordName(source, key, '20261124T020000Z'), 'a');
  return store;
}

const put = (store: MemoryStore, name: string, text: string) =>
  store.put(name, text, {
    metadata: { sha256: 'ab'.repeat(32), keyid: `https://contoso-prod.vault.azure.net/keys/${name.split('/')[2]}` },
  });

/** A drill as its receipt has it, later by the storage service than all before. */
function putReceipt(store: MemoryStore, number: number, keys: Readonly<Record<string, 'proven' | 'failed'>>) {
  const told = Object.entries(keys).map(([key, outcome]) => ({ source: 'vaults/contoso-prod', key, outcome }));
  // The time in its name and content is the desk's and says nothing.
  return put(store, drillReceiptName(`2020010${number}T000000Z`, 1), JSON.stringify(drillReceipt(told)));
}

async function choose(store: MemoryStore, sample: number, names?: readonly string[], audit?: StoredAudit) {
  const known = await readDrillAttempts(store, audit, noLimit);
  const wish = { sources: [source], target, sample, names };
  const ports = { store, suffixes: publicSuffixes, configured: [], deadline: noLimit };
  const { chosen, failedEarlier } = await chooseForDrill(wish, known, ports);
  return [chosen.map(({ record }) => record.keyName), failedEarlier.map(({ keyName }) => keyName)];
}

describe('the keys of a drill', () => {
  test('are those never tried, then those tried longest ago, whatever came of it', async () => {
    const store = escrowOf('apples', 'bread', 'cheese', 'dates');
    putReceipt(store, 9, { apples: 'failed', Bread: 'proven' });
    putReceipt(store, 1, { cheese: 'proven' });
    expect(await choose(store, 2)).toEqual([['dates', 'apples'], []]);
    expect(await choose(store, 4)).toEqual([['dates', 'apples', 'bread', 'cheese'], []]);
  });

  test('go round although one of them always fails, and that one is reported all the while', async () => {
    const store = escrowOf('bad', 'good', 'other');
    const turns: unknown[] = [];
    for (let number = 1; number <= 4; number++) {
      const [[key = ''] = [], failed] = await choose(store, 1);
      turns.push([key, failed]);
      putReceipt(store, number, { [key]: key === 'bad' ? 'failed' : 'proven' });
    }
    expect(turns).toEqual([
      ['bad', []],
      ['good', ['bad']],
      ['other', ['bad']],
      ['bad', []],
    ]);
  });

  test('requested by name do not report the failures of others', async () => {
    const store = escrowOf('bad', 'good');
    putReceipt(store, 1, { bad: 'failed' });
    expect(await choose(store, 9, ['good'])).toEqual([['good'], []]);
  });

  test('do not come to an end at a folder that holds no record', async () => {
    const store = escrowOf('signing');
    put(store, `${recordPrefix(source, 'alien')}readme.txt`, 'a');
    expect(await choose(store, 3)).toEqual([['signing'], []]);
  });
});

test('keys that an audit saw come before any number that are known from record folders alone', async () => {
  const store = escrowOf('ghost-1', 'ghost-2', 'ghost-3', 'signing');
  const keys = [sampleKey(source, { key: 'Signing' })];
  const audit = { head: { sources: [{ source: 'vaults/contoso-prod' }] }, keysOf: () => keys.values() };
  expect(await choose(store, 2, undefined, audit as unknown as StoredAudit)).toEqual([['signing', 'ghost-1'], []]);
});

describe('what drills have come to so far', () => {
  test('forgets no earlier proof for a later failure, and no failure for an earlier proof', async () => {
    const store = createMemoryStore();
    putReceipt(store, 1, { signing: 'proven' });
    putReceipt(store, 2, { signing: 'failed', payroll: 'failed' });
    putReceipt(store, 3, { payroll: 'proven' });
    const { attempts } = await readDrillAttempts(store, undefined, noLimit);
    const signing = attempts.get('vaults/contoso-prod/signing');
    const payroll = attempts.get('vaults/contoso-prod/payroll');
    if (signing === undefined || payroll === undefined) throw new Error('not read');
    expect([signing.provenAt, signing.triedAt]).toEqual(['2026-11-24T02:00:00.000Z', '2026-11-24T02:00:01.000Z']);
    expect([failedLast(signing), failedLast(payroll)]).toEqual([true, false]);
  });

  test('has proofs from the audit whose receipts are no longer there', async () => {
    const keys = [sampleKey(source, { key: 'Signing', drilled: true }), sampleKey(source, { key: 'ledger' })];
    const head = { sources: [{ source: 'vaults/contoso-prod' }] };
    const audit = { head, keysOf: () => keys.values() } as unknown as StoredAudit;
    const { attempts } = await readDrillAttempts(createMemoryStore(), audit, noLimit);
    const at = '2026-11-02T09:12:44Z';
    expect([...attempts]).toEqual([['vaults/contoso-prod/signing', { triedAt: at, provenAt: at }]]);
  });
});
