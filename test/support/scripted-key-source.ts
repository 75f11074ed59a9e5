import { OutOfTime, type ServiceError } from '../../src/escrow/model/service-error.ts';
import type { SourceId } from '../../src/escrow/model/source.ts';
import type { SourceKey } from '../../src/escrow/model/source-key.ts';
import type { KeySource } from '../../src/escrow/ports/key-source.ts';
import { answered } from './answers.ts';
import { publicSuffixes } from './escrow-sources.ts';

export interface ScriptedKey {
  readonly name: string;
  readonly certificateBacked?: boolean;
  readonly updatedAt?: Date | undefined;
  /** What every backup of it answers instead of a whole one: a broken service, that it vanished since it was listed, half of the bytes. */
  readonly backup?: 'fails' | 'gone' | 'cutShort';
}

interface KeyScript {
  readonly source: SourceId;
  /** The pages of the listing; a key may be in several. */
  readonly pages: readonly (readonly ScriptedKey[])[];
  /** The listing fails instead of its page of this index. */
  readonly failsAtPage?: number;
  /** The vault's clock; it sends no time when absent. */
  readonly now?: Date;
}

interface ScriptedKeySource extends KeySource {
  /** Names as they were requested, once per call. */
  readonly backups: string[];
  readonly reads: string[];
}

let serial = 0;

/** A vault or HSM in memory. Like the services, it ignores the case of a name and never backs up the same bytes twice. */
export function createScriptedKeySource({ source, pages, failsAtPage, now }: KeyScript): ScriptedKeySource {
  const backups: string[] = [];
  const reads: string[] = [];
  const find = (name: string): ScriptedKey | undefined =>
    pages.flat().find((key) => key.name.toLowerCase() === name.toLowerCase());

  return {
    source,
    backups,
    reads,
    throttled: () => 0,
    async *listKeys(deadline) {
      for (const [index, page] of pages.entries()) {
        await Promise.resolve();
        if (deadline.aborted) throw new OutOfTime();
        if (index === failsAtPage) throw keyVaultError(503, 'ServiceUnavailable');
        for (const key of page) yield sourceKey(source, key);
      }
      if (failsAtPage !== undefined && failsAtPage >= pages.length) throw keyVaultError(503, 'ServiceUnavailable');
    },
    async getKey(name) {
      await Promise.resolve();
      reads.push(name);
      const key = find(name);
      if (key === undefined) throw keyVaultError(404, 'KeyNotFound');
      return sourceKey(source, key);
    },
    listVersions: refuseToRead,
    getPublicKey: refuseToRead,
    async backUpKey(name, deadline) {
      if (deadline.aborted) throw new OutOfTime();
      backups.push(name);
      await Promise.resolve();
      const key = find(name);
      if (key === undefined || key.backup === 'gone') throw keyVaultError(404, 'KeyNotFound');
      if (key.backup === 'fails') throw keyVaultError(500, 'InternalServerError');
      const backup = sealed(`backup ${serial++} of ${key.name}`);
      const bytes = key.backup === 'cutShort' ? backup.subarray(0, backup.length / 2) : backup;
      return { bytes, takenAt: now };
    },
  };
}

/** A vault's envelope around any text, as readers of it see it. */
function sealed(text: string): Buffer {
  const parts = ['{"kid":"00000000-0000-0000-0000-000000000000"}', 'key', 'iv', text, 'tag'];
  const jwe = parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
  return Buffer.from(`&AzureKeyVaultKeyBackupV1.microsoft.com${jwe}`);
}

// The deployed identity could; a run that did would cost more calls per key than it says.
function refuseToRead(): never {
  throw new Error('a run reads neither versions nor public keys');
}

export function sourceKey(source: SourceId, { name, updatedAt, certificateBacked = false }: ScriptedKey): SourceKey {
  return {
    name,
    id: `https://${source.name}.${publicSuffixes[source.kind]}/keys/${name}`,
    enabled: true,
    createdAt: undefined,
    updatedAt,
    certificateBacked,
  };
}

function keyVaultError(statusCode: number, code: string): ServiceError {
  return answered('Key Vault', { statusCode, code }, `Key Vault says ${code}.`);
}
