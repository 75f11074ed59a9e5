import { conductAudit } from '../../src/escrow/audit/audit.ts';
import type { Audit } from '../../src/escrow/audit/audit-document.ts';
import { keepAudit, keepPage } from '../../src/escrow/audit/audit-record.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import type { EscrowSource } from '../../src/escrow/model/source.ts';
import type { KeyVersion, SourceKey } from '../../src/escrow/model/source-key.ts';
import type { EscrowStore, StoredBlob } from '../../src/escrow/ports/escrow-store.ts';
import type { EscrowStores } from '../../src/escrow/ports/escrow-stores.ts';
import type { KeySource } from '../../src/escrow/ports/key-source.ts';
import { recordName, reportName, startedMarkerName } from '../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../src/escrow/records/put-once.ts';
import { answered } from './answers.ts';
import { noLimit, publicSuffixes } from './escrow-sources.ts';
import { storageError, storedBlob } from './memory-store.ts';
import { failedKey, runReport } from './run-report.ts';

export const hour = 3_600_000;
export const day = 24 * hour;

const folderOf = (name: string): string => name.slice(0, name.indexOf('/'));

/**
 * An escrow in memory whose days pass as a test says: storage stamps blobs with its clock, keys come and go, and every
 * request that a real container or vault would see is counted (a listing page holds 5,000 blobs or 25 keys).
 */
export interface AuditWorld {
  now: Date;
  requests: number;
  /** The source refuses to list its keys. */
  isClosed: boolean;
  /** NCRONTAB of the runs and of the audits. */
  schedule: string;
  auditSchedule: string;
  /** Whether the settings name the source. */
  isConfigured: boolean;
  readonly source: EscrowSource;
  readonly container: EscrowStore;
  /** The same one for everything: names tell apart what is whose. */
  readonly stores: EscrowStores;
  readonly blobs: Map<string, StoredBlob & { bytes: Uint8Array }>;
  readonly keys: Map<string, SourceKey & { versions: number }>;
  addKey(name: string, more?: Partial<SourceKey & { versions: number }>): void;
  /** A night's run as it lies in the container: marker, records and report. @param fail names of keys that failed. */
  night(runTime: Date, options?: { fail?: readonly string[]; noReport?: boolean }): void;
  audit(): Promise<Audit>;
  /** Removes a blob behind the product's back. */
  lose(name: string): void;
  /** Leaves a blob, or another in its place, as an intruder does who knows of the digest beside it. */
  forge(name: string, content: string, createdAt?: Date, metadata?: Readonly<Record<string, string>>): void;
}

export function createAuditWorld(source: EscrowSource, start: Date): AuditWorld {
  const blobs: AuditWorld['blobs'] = new Map();
  // By first folder: a listing of reports does not sort a year of records.
  const sorted = new Map<string, string[]>();
  const put = (name: string, bytes: Uint8Array, metadata: Record<string, string> = {}): void => {
    const createdAt = new Date(Math.floor(world.now.getTime() / 1000) * 1000);
    const beside = { ...metadata, sha256: sha256Of(bytes) };
    blobs.set(name, { ...storedBlob({ name, bytes, createdAt, metadata: beside }), bytes });
    sorted.delete(folderOf(name));
  };
  const refused = () => storageError({ statusCode: 403, code: 'AuthorizationPermissionMismatch' });
  const container: EscrowStore = {
    url: 'https://escrowtests.blob.core.windows.net/key-escrow',
    async create({ name, bytes, metadata }) {
      world.requests++;
      const existing = blobs.get(name);
      const refusal = storageError({ statusCode: 409, code: 'BlobAlreadyExists' });
      if (existing !== undefined) return { outcome: 'exists', existing, refusal };
      put(name, bytes, metadata);
      return { outcome: 'created' };
    },
    async replace() {
      world.requests++;
      throw refused();
    },
    async remove() {
      world.requests++;
      throw refused();
    },
    async look(name) {
      world.requests++;
      return blobs.get(name);
    },
    async read(name, _, mostBytes = Number.POSITIVE_INFINITY) {
      world.requests++;
      const blob = blobs.get(name);
      if (blob === undefined) throw storageError({ statusCode: 404, code: 'BlobNotFound' });
      if (blob.length > mostBytes) throw storageError({ statusCode: 200, code: 'BlobTooLarge' });
      return blob.bytes;
    },
    async *list(prefix) {
      const folder = folderOf(prefix);
      const names =
        sorted.get(folder) ??
        [...blobs.keys()].filter((name) => folderOf(name) === folder).sort((a, b) => (a < b ? -1 : 1));
      sorted.set(folder, names);
      let seen = 0;
      world.requests++;
      // Binary search to the first name, as a sorted index does: a year of history must not cost a test minutes.
      let low = 0;
      for (let high = names.length; low < high; ) {
        const middle = (low + high) >> 1;
        if ((names[middle] ?? '') < prefix) low = middle + 1;
        else high = middle;
      }
      for (; names[low]?.startsWith(prefix); low++) {
        if (++seen % 5001 === 0) world.requests++;
        const blob = blobs.get(names[low] ?? '');
        if (blob !== undefined) yield blob;
      }
    },
    // biome-ignore lint/correctness/useYield: no folder is asked for
    async *listFolders() {
      throw new Error('an audit lists no folders');
    },
  };
  const keys: AuditWorld['keys'] = new Map();
  const keySource: KeySource = {
    source,
    throttled: () => 0,
    async *listKeys() {
      let seen = 0;
      world.requests++;
      if (world.isClosed) throw answered('Key Vault', { statusCode: 403, code: 'Forbidden' });
      for (const key of keys.values()) {
        if (++seen % 26 === 0) world.requests++;
        yield key;
      }
    },
    async *listVersions(name): AsyncGenerator<KeyVersion> {
      world.requests++;
      for (let version = 0; version < (keys.get(name.toLowerCase())?.versions ?? 0); version++) {
        yield { version: `${name}-${version}`, enabled: true, createdAt: new Date(version), updatedAt: undefined };
      }
    },
    async getPublicKey(_, version) {
      world.requests++;
      return { kty: 'EC', crv: 'P-256', x: version ?? '', y: 'y' };
    },
    getKey: () => Promise.reject(new Error('an audit reads no key')),
    backUpKey: () => Promise.reject(new Error('an audit backs nothing up')),
  };
  const world: AuditWorld = {
    now: start,
    requests: 0,
    isClosed: false,
    schedule: '0 0 2 * * *',
    auditSchedule: '0 0 6 * * *',
    isConfigured: true,
    source,
    container,
    stores: { container, audits: container, drills: container },
    blobs,
    keys,
    addKey(name, more = {}) {
      keys.set(name.toLowerCase(), {
        name,
        id: `https://${source.name}.${publicSuffixes[source.kind]}/keys/${name}`,
        enabled: true,
        createdAt: world.now,
        updatedAt: world.now,
        certificateBacked: false,
        versions: 1,
        ...more,
      });
    },
    night(runTime, { fail = [], noReport = false } = {}) {
      world.now = new Date(runTime.getTime() + 1000);
      const runId = scheduledRunId(runTime);
      put(startedMarkerName(runId, source), Buffer.from('{}'));
      const reported = [...keys.values()].map(({ name, id }) => {
        if (fail.includes(name)) return failedKey(name, `${name} failed`);
        const bytes = Buffer.from(`${name} ${runId}`);
        const blobName = recordName(source, name, runId);
        put(blobName, bytes, { keyid: id, runid: runId });
        return {
          key: name,
          outcome: 'escrowed' as const,
          blobName,
          sha256: sha256Of(bytes),
          bytes: bytes.length,
        };
      });
      world.now = new Date(runTime.getTime() + 60_000);
      if (noReport) return;
      const startedAt = new Date(runTime.getTime() + 1000).toISOString();
      const report = runReport(source, { runId, startedAt, finishedAt: world.now.toISOString(), keys: reported });
      put(reportName(runId, source), Buffer.from(JSON.stringify(report)));
    },
    lose(name) {
      if (blobs.delete(name)) sorted.delete(folderOf(name));
    },
    forge(name, content, createdAt = world.now, metadata = {}) {
      const bytes = Buffer.from(content);
      const beside = { ...metadata, sha256: sha256Of(bytes) };
      blobs.set(name, { ...storedBlob({ name, bytes, createdAt, metadata: beside }), bytes });
      sorted.delete(folderOf(name));
    },
    async audit() {
      world.requests = 0;
      const job = {
        sources: world.isConfigured ? [source] : [],
        schedule: world.schedule,
        auditSchedule: world.auditSchedule,
        maxAgeHours: 26,
        maxDrillAgeDays: undefined,
      };
      const audit = await conductAudit(job, {
        ...world.stores,
        now: () => world.now,
        outOfTime: noLimit,
        keysOf: () => keySource,
      });
      await keepPage(container, await keepAudit(container, audit, noLimit), 'page', noLimit);
      return audit;
    },
  };
  return world;
}
