import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecordName } from '../../src/escrow/records/blob-names.ts';
import type { BundledProgram } from '../support/bundled-program.ts';
import { startTestAzure, type TestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';
import { loopOver, settingsOf } from './bench-azure.ts';
import { buildWorker, measure } from './measured-process.ts';
import { countByOperation, storageRequestsPerKey, vaultRequests, vaultRequestsPerKey } from './request-counts.ts';

const vault = { kind: 'vault', name: 'contoso-bench', keys: 30 } as const;
let azure: TestAzure;
let worker: BundledProgram;

beforeAll(async () => {
  const keys = Array.from({ length: vault.keys }, (_, index) => `key-${index + 1}`);
  azure = await startTestAzure({ sources: [{ ...vault, keys }] });
  worker = await buildWorker();
});

afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await azure?.stop();
});

describe('a measured process', () => {
  it('escrows every key with one request to each service, and reports its own CPU and memory', async () => {
    azure.storage.requests.length = 0;
    azure.keyVault.requests.length = 0;
    const measured = await measure(worker.file, settingsOf(azure, [vault]), {
      kind: 'run',
      runTime: lastNight(1).toISOString(),
      sources: [vault.name],
    });
    const records = azure.storage.requests.filter(({ blobName = '' }) => parseRecordName(blobName) !== undefined);
    expect(new Set(records.map(({ blobName }) => blobName)).size).toBe(vault.keys);
    expect(vaultRequestsPerKey(vaultRequests(azure.keyVault.requests, vault.name), vault.keys)).toBe(1);
    expect(storageRequestsPerKey(azure.storage.requests, vault.keys)).toBe(1);
    expect(measured.cpuMs).toBeGreaterThan(0);
    expect(measured.elapsedMs).toBeGreaterThan(0);
    expect(measured.peakRssBytes).toBeGreaterThan(20_000_000);
  });

  it('does the same work as a script, one call after the other', async () => {
    azure.storage.requests.length = 0;
    await measure(worker.file, azure.env, { kind: 'script', loop: loopOver(azure, vault, 'script', 1) });
    expect(countByOperation(azure.storage.requests)).toEqual({ putBlob: vault.keys });
  });

  it('fails with the reason when a key is missed', async () => {
    const undo = azure.keyVault.faults.add({
      keyName: 'key-7',
      effect: { kind: 'forbidden', reason: 'ForbiddenByRbac' },
    });
    const job = { kind: 'run', runTime: lastNight().toISOString(), sources: [vault.name] } as const;
    await expect(measure(worker.file, settingsOf(azure, [vault]), job)).rejects.toThrow('key-7');
    undo();
  });
});
