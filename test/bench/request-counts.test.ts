import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../local-azure/key-vault/service.ts';
import type { StorageRequestRecord } from '../../local-azure/storage/storage-gate.ts';
import {
  countByOperation,
  perSecondCounts,
  shareOfLimit,
  storageRequestsPerKey,
  throttledCount,
  vaultRequests,
  vaultRequestsPerKey,
  wasteOf,
} from './request-counts.ts';

function toVault(operation: RequestRecord['operation'], more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    at: 0,
    source: 'contoso.vault.azure.net',
    method: 'GET',
    path: '/keys',
    operation,
    keyName: undefined,
    status: 200,
    identity: 'app',
    authenticated: true,
    ...more,
  };
}

function toStorage(blobName: string): StorageRequestRecord {
  const call = { operation: 'putBlob', containerName: 'key-escrow', blobName, identity: 'app' };
  return { at: 0, method: 'PUT', status: 201, ...call };
}

describe('requests to a vault', () => {
  it('are those to that vault alone, without the challenge that opens the conversation', () => {
    const challenge = toVault('listKeys', { authenticated: false, identity: undefined, status: 401 });
    const elsewhere = toVault('backupKey', { source: 'contoso-2.vault.azure.net' });
    const own = toVault('backupKey');
    expect(vaultRequests([challenge, elsewhere, own], 'contoso')).toEqual([own]);
  });

  it('per key leave listing pages out and count everything else', () => {
    const requests = [toVault('listKeys'), toVault('backupKey'), toVault('backupKey'), toVault('getKey')];
    expect(vaultRequestsPerKey(requests, 2)).toBe(1.5);
    expect(countByOperation(requests)).toEqual({ listKeys: 1, backupKey: 2, getKey: 1 });
  });

  it('wasted in a storm are the backup calls beyond one per key', () => {
    const refused = toVault('backupKey', { status: 429 });
    const requests = [...Array.from({ length: 10 }, () => toVault('backupKey')), refused, toVault('listKeys')];
    expect(wasteOf(requests, 10)).toBeCloseTo(0.1);
    expect(throttledCount(requests)).toBe(1);
  });
});

describe('requests to storage per key', () => {
  it('leave marker and report out', () => {
    const report = toStorage('runs/20260101T000000Z/vaults/contoso.json');
    const records = ['a', 'b'].map((key) => toStorage(`vaults/contoso/${key}/20260101T000000Z.keybackup`));
    expect(storageRequestsPerKey([report, ...records], 2)).toBe(1);
  });
});

describe('the share of a limit', () => {
  it('is 1 for calls that come exactly at it', () => {
    expect(shareOfLimit([1000, 1100, 1200, 1300], 10)).toBeCloseTo(1);
  });

  it('is a half for calls that come half as fast', () => {
    expect(shareOfLimit([0, 200, 400], 10)).toBeCloseTo(0.5);
  });

  it('needs two calls at different times', () => {
    expect(() => shareOfLimit([5], 10)).toThrow('two calls');
    expect(() => shareOfLimit([5, 5], 10)).toThrow('two calls');
  });
});

describe('calls in each second', () => {
  it('count from the first call, empty seconds too', () => {
    expect(perSecondCounts([5000, 5999, 6000, 8500])).toEqual([2, 1, 0, 1]);
    expect(perSecondCounts([])).toEqual([]);
  });
});
