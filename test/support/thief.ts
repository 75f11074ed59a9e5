import { KeyClient } from '@azure/keyvault-keys';
import { ContainerClient } from '@azure/storage-blob';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { sha256Of } from '../../src/escrow/records/put-once.ts';
import type { TestAzure } from './local-azure.ts';
import { fromNow } from './now.ts';

interface Forgery {
  readonly bytes: Uint8Array;
  readonly backedUpAt?: Date;
  /** Instead of the usual name. */
  readonly name?: string;
  /** Instead of what the app would write. */
  readonly metadata?: Record<string, string>;
}

/**
 * Somebody with the identity that backs up: takes backups, and creates blobs in the escrow's container, as if they were of
 * "contoso-prod".
 */
export function thiefOf(azure: TestAzure) {
  const identity = azure.identities.app;
  const container = new ContainerClient(azure.containerUrl, azure.credential(identity));
  const urlOf = (name: string): string => `https://${name}.vault.azure.net`;
  let forgeries = 0;
  const thief = {
    container,
    async backUp(from: string, key: string): Promise<Uint8Array> {
      const bytes = await new KeyClient(urlOf(from), azure.credential(identity)).backupKey(key);
      if (bytes === undefined) throw new Error('no backup');
      return bytes;
    },
    /** Puts a blob that is not there yet. */
    async put(name: string, content: Uint8Array | string, metadata: Record<string, string> = {}): Promise<void> {
      const bytes = Buffer.from(content);
      const conditions = { ifNoneMatch: '*' };
      await container.getBlockBlobClient(name).upload(bytes, bytes.length, { conditions, metadata });
    },
    /** A record of a key of the vault as the app would write it, newer than all before, whatever it holds. @returns its name. */
    async plant(key: string, { bytes, backedUpAt = fromNow(0), name, metadata }: Forgery): Promise<string> {
      const runId = scheduledRunId(fromNow(-60_000 + forgeries++ * 1000));
      const blobName = name ?? `vaults/contoso-prod/${key.toLowerCase()}/${runId}.keybackup`;
      const usual = {
        keyid: `${urlOf('contoso-prod')}/keys/${key}`,
        runid: runId,
        backedupat: backedUpAt.toISOString(),
        trigger: 'schedule',
        format: 'AzureKeyVaultKeyBackupV1',
        sha256: sha256Of(bytes),
      };
      await thief.put(blobName, bytes, metadata ?? usual);
      return blobName;
    },
  };
  return thief;
}
