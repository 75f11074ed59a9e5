import { conductAudit } from '../../src/escrow/audit/audit.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import type { EscrowSource } from '../../src/escrow/model/source.ts';
import type { KeyVersion, SourceKey } from '../../src/escrow/model/source-key.ts';
import type { KeySource } from '../../src/escrow/ports/key-source.ts';
import {
  canaryName,
  ownRecordPrefix,
  parseRecordName,
  recordName,
  reportName,
  startedMarkerName,
} from '../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../src/escrow/records/put-once.ts';
import type { RunReport } from '../../src/escrow/records/run-report.ts';
import { saveAudit, savePage } from '../../src/escrow/records/stored-audits.ts';
import { freeNumber, settledBy } from '../../src/escrow/run/own-records.ts';
import { answered } from './answers.ts';
import { noLimit, publicSuffixes } from './escrow-sources.ts';
import { type ListedAudit, listed } from './listed-audit.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import { failedKey, runReport } from './run-report.ts';

export const hour = 3_600_000;
export const day = 24 * hour;

interface WorldVersion {
  readonly version: string;
  readonly createdAt: Date;
}

export type WorldKey = SourceKey & { readonly versions: readonly WorldVersion[] };

export type AuditWorld = ReturnType<typeof createAuditWorld>;

let worlds = 0;

/**
 * An escrow in memory whose days pass as a test says: its stores stamp blobs with its clock, keys come, change and go, and every
 * request that real containers or a vault would see is counted (a listing page holds 5,000 blobs or 25 keys).
 */
export function createAuditWorld(source: EscrowSource, start: Date) {
  const clock = (): Date => world.now;
  const container = (name: string): MemoryStore =>
    createMemoryStore({ url: `https://escrowtests.blob.core.windows.net/${name}`, now: clock, createOnly: true });
  const keys = new Map<string, WorldKey>();
  let versions = 0;
  let copies = 0;
  let requests = 0;
  const stamp = `${++worlds}`;
  const newVersion = (): WorldVersion => ({ version: `${stamp}v${++versions}`, createdAt: wholeSecond(world.now) });
  const keySource: KeySource = {
    source,
    throttled: () => 0,
    async *listKeys() {
      let seen = 0;
      requests++;
      if (world.isClosed) throw answered('Key Vault', { statusCode: 403, code: 'Forbidden' }, 'no');
      for (const key of keys.values()) {
        if (++seen % 26 === 0) requests++;
        yield key;
      }
    },
    async *listVersions(name): AsyncGenerator<KeyVersion> {
      requests++;
      let seen = 0;
      for (const { version, createdAt } of keys.get(name.toLowerCase())?.versions ?? []) {
        if (++seen % 26 === 0) requests++;
        yield { version, enabled: true, createdAt, updatedAt: createdAt };
      }
    },
    async getPublicKey(_, version) {
      requests++;
      world.publicKeyReads++;
      return { kty: 'EC', crv: 'P-256', x: version ?? '', y: 'y' };
    },
    getKey: () => Promise.reject(new Error('an audit reads no key')),
    backUpKey: () => Promise.reject(new Error('an audit backs nothing up')),
  };
  const world = {
    now: start,
    requests: (): number => requests + world.store.requests + world.audits.requests + world.drills.requests,
    /** How many public keys were read, ever. */
    publicKeyReads: 0,
    /** The source refuses to list its keys. */
    isClosed: false,
    /** NCRONTAB of the runs and of the audits. */
    schedule: '0 0 2 * * *',
    auditSchedule: '0 0 6 * * *',
    source,
    /** Whether the settings name the source. */
    isConfigured: true,
    maxDrillAgeDays: undefined as number | undefined,
    functionTimeoutMs: 30 * 60_000,
    store: container('key-escrow'),
    audits: container('key-escrow-audits'),
    drills: container('key-escrow-drills'),
    keys,
    addKey(name: string, more: Partial<WorldKey> = {}): WorldKey {
      const at = wholeSecond(world.now);
      const key = {
        name,
        id: `https://${source.name}.${publicSuffixes[source.kind]}/keys/${name}`,
        enabled: true,
        createdAt: at,
        updatedAt: at,
        certificateBacked: false,
        versions: [newVersion()],
        ...more,
      };
      keys.set(name.toLowerCase(), key);
      return key;
    },
    /** Adds a version. */
    rotate(name: string): void {
      const key = world.snapshot(name);
      const version = newVersion();
      const at = version.createdAt;
      keys.set(name.toLowerCase(), { ...key, createdAt: at, updatedAt: at, versions: [...key.versions, version] });
    },
    /** What a backup of the key would bring back. */
    snapshot(name: string): WorldKey {
      const key = keys.get(name.toLowerCase());
      if (key === undefined) throw new Error(`there is no key "${name}"`);
      return key;
    },
    restore(key: WorldKey): void {
      keys.set(key.name.toLowerCase(), key);
    },
    /** One backup as the app puts it, unless the run has a record of the key as it is. @returns the record's name. */
    backUp(name: string, runId: string): string {
      const key = world.snapshot(name);
      const own = Array.from(world.store.under(ownRecordPrefix(source, name, runId)), (blob) => ({
        number: parseRecordName(blob.name)?.number ?? 1,
        blob,
      }));
      const settled = settledBy(own, source, key, runId);
      if (settled !== undefined) return settled.name;
      const bytes = Buffer.from(`${name} ${runId} ${world.now.toISOString()}`);
      const blobName = recordName(source, name, runId, freeNumber(own));
      const backedupat = wholeSecond(world.now).toISOString();
      const metadata = { keyid: key.id, runid: runId, backedupat, sha256: sha256Of(bytes) };
      world.store.put(blobName, bytes, { metadata });
      return blobName;
    },
    /** A night's run as it lies in the container: marker, canary, records and report. @param fail names of keys that failed. */
    night(runTime: Date, { fail = [], noReport = false }: { fail?: readonly string[]; noReport?: boolean } = {}): void {
      world.now = new Date(runTime.getTime() + 1000);
      const runId = scheduledRunId(runTime);
      const { store } = world;
      if (!store.blobs.has(canaryName)) store.put(canaryName, 'canary');
      if (!store.blobs.has(startedMarkerName(runId, source))) store.put(startedMarkerName(runId, source), '{}');
      const outcomes = [...keys.values()].map(({ name }): RunReport['keys'][number] => {
        if (fail.includes(name)) return failedKey(name, `${name} failed`);
        const blobName = world.backUp(name, runId);
        const { length = 0, metadata = {} } = store.blobs.get(blobName) ?? {};
        return { key: name, outcome: 'escrowed', blobName, sha256: metadata.sha256 ?? '', bytes: length };
      });
      world.now = new Date(runTime.getTime() + 60_000);
      if (noReport) return;
      const report = runReport(source, {
        runId,
        startedAt: new Date(runTime.getTime() + 1000).toISOString(),
        finishedAt: world.now.toISOString(),
        keys: outcomes,
      });
      if (!store.blobs.has(reportName(runId, source))) store.put(reportName(runId, source), JSON.stringify(report));
    },
    /** Makes an audit without keeping it. */
    async look(deadline = noLimit): Promise<ListedAudit> {
      requests = 0;
      for (const store of [world.store, world.audits, world.drills]) store.requests = 0;
      const { schedule, auditSchedule, maxDrillAgeDays, functionTimeoutMs, store, audits, drills } = world;
      const sources = world.isConfigured ? [world.source] : [];
      const audit = await conductAudit(
        { sources, schedule, auditSchedule, maxAgeHours: 26, maxDrillAgeDays, functionTimeoutMs },
        { store, audits, drills, storage: undefined, now: clock, deadline, keysOf: () => keySource },
      );
      return listed(audit);
    },
    /** Makes an audit and keeps it with its page. */
    async audit(): Promise<ListedAudit> {
      const audit = await world.look();
      await savePage(world.audits, await saveAudit(world.audits, audit, noLimit), Buffer.from('page'), noLimit);
      return audit;
    },
    /** Moves every record into a new container, as AzCopy does: new creation times in an order of its own, newest first. */
    copyEscrow(): void {
      const copy = container(`key-escrow-copy-${++copies}`);
      for (const { name, bytes, metadata } of [...world.store.blobs.values()].reverse()) {
        copy.put(name, bytes, { metadata, copyStatus: 'success' });
        world.now = new Date(world.now.getTime() + 1000);
      }
      world.store = copy;
    },
  };
  return world;
}

function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
