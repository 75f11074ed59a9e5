import { auditEscrow } from '../../src/app/audit-escrow.ts';
import type { Services } from '../../src/app/services.ts';
import type { KeySource } from '../../src/escrow/ports/key-source.ts';
import { recordName, recordPrefix } from '../../src/escrow/records/blob-names.ts';
import { createFolderStore } from '../../src/store/folder/folder-store.ts';
import { escrowSource } from '../support/escrow-sources.ts';
import { createMemoryStore, storedBlob } from '../support/memory-store.ts';
import { hour, now } from '../support/now.ts';

const versionsPerKey = 2;
const source = escrowSource('vault', 'contoso-large');

/**
 * The daily audit of an escrow of so many keys, by the product's own code, where stores and vault make up every answer when it is
 * requested: the memory of the process is the audit's, and that of the SDKs is left out.
 * @param folder where audits lie, which is no memory of ours; this one reads what the last one left there.
 */
export async function auditLargeEscrow(keys: number, folder: string): Promise<void> {
  const startedAt = now();
  const seenAt = new Date(startedAt.getTime() - hour);
  const runId = `${seenAt.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const nameOf = (index: number): string => `tenant-${String(index).padStart(6, '0')}-data-encryption-key`;
  const idOf = (name: string): string => `https://contoso-large.vault.azure.net/keys/${name}`;
  const audits = createFolderStore(folder, () => startedAt);
  const store = {
    ...createMemoryStore(),
    async *list(prefix: string) {
      const [, key] = prefix.slice(recordPrefix(source).length - 1).split('/');
      if (!prefix.startsWith(recordPrefix(source)) || key === undefined || key === '') return;
      const name = recordName(source, key, runId);
      const metadata = { keyid: idOf(key), runid: runId, backedupat: seenAt.toISOString(), sha256: 'ab'.repeat(32) };
      yield storedBlob({
        name,
        bytes: Buffer.from(key),
        createdAt: seenAt,
        metadata,
        etag: `0x8DE2B${key.slice(7, 13)}`,
      });
    },
    async *listFolders() {
      // Nobody else's.
    },
  } as Services['store'];
  const keySource: KeySource = {
    source,
    throttled: () => 0,
    async *listKeys() {
      for (let index = 0; index < keys; index++) {
        const name = nameOf(index);
        const at = new Date(seenAt.getTime() - 86_400_000);
        yield { name, id: idOf(name), enabled: true, createdAt: at, updatedAt: at, certificateBacked: false };
      }
    },
    async *listVersions(name) {
      for (let version = 0; version < versionsPerKey; version++) {
        const id = Buffer.from(`${name}${version}`).toString('hex').slice(-32);
        yield { version: id, enabled: true, createdAt: new Date(seenAt.getTime() - 86_400_000), updatedAt: undefined };
      }
    },
    getPublicKey: async (_, version = '') => ({ kty: 'EC', crv: 'P-256', x: version, y: 'y' }),
    getKey: () => Promise.reject(new Error('an audit reads no key')),
    backUpKey: () => Promise.reject(new Error('an audit backs nothing up')),
  };
  const never = new AbortController().signal;
  const services = {
    settings: {
      sources: [source],
      schedule: '0 0 2 * * *',
      auditSchedule: '0 0 6 * * *',
      maxAgeHours: 26,
      maxDrillAgeDays: undefined,
      // So long that every version is witnessed at once.
      functionTimeoutMs: Number.MAX_SAFE_INTEGER,
    },
    store,
    audits,
    drills: createMemoryStore(),
    now: () => startedAt,
    keysOf: () => keySource,
    timeBudget: () => ({ softDeadline: never, hardDeadline: never }),
  } as unknown as Services;
  // That no run is on record is a gap, which fails it.
  await auditEscrow(services, () => undefined).catch(() => undefined);
  await audits.release();
}
