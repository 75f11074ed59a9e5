import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { askStorage, headBlob, type LoopbackStorage } from './ask-storage.ts';
import { answerStorageError } from './storage-errors.ts';
import type { StorageCall } from './storage-operations.ts';

/** A call of Set Blob Tier that waits to be carried out. */
interface PendingTier {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly archiveStatus: string;
}

/**
 * The way back from the archive takes hours in Azure and none in Azurite. Here it is under way until it is completed: the blob stays
 * in the archive and says so.
 * https://learn.microsoft.com/azure/storage/blobs/archive-rehydrate-overview
 */
export interface Rehydrations {
  /**
   * Takes a call that brings a blob back from the archive, and answers it: 202, or 409 while the blob is on its way.
   * @returns false for every other call, which goes on to Azurite.
   */
  take(request: IncomingMessage, response: ServerResponse, call: StorageCall): Promise<boolean>;
  /** `rehydrate-pending-to-hot`; undefined for what is not on its way. */
  statusOf(containerName: string, blobName: string): string | undefined;
  /** A page of a listing, with the state of what is on its way. */
  markListed(containerName: string, xml: string): string;
  /** Whether anything is on its way in a container. */
  isUnderWay(containerName: string): boolean;
  /** Hours later: everything that was on its way is there. */
  complete(): Promise<void>;
}

export function createRehydrations(azurite: LoopbackStorage): Rehydrations {
  const pending = new Map<string, PendingTier>();
  const keyOf = (containerName: string, blobName: string): string => `${containerName}/${blobName}`;
  return {
    async take(request, response, { operation, containerName = '', blobName = '' }) {
      const tier = String(request.headers['x-ms-access-tier'] ?? '').toLowerCase();
      if (operation !== 'setBlobTier' || tier === 'archive') return false;
      const key = keyOf(containerName, blobName);
      const path = request.url ?? '/';
      if (!pending.has(key) && (await headBlob(request, azurite)).headers['x-ms-access-tier'] !== 'Archive')
        return false;
      request.resume();
      if (pending.has(key)) answerStorageError(response, 409, 'BlobBeingRehydrated');
      else {
        const { 'content-length': _, ...headers } = request.headers;
        pending.set(key, { path, headers, archiveStatus: `rehydrate-pending-to-${tier}` });
        response.writeHead(202, { 'x-ms-version': '2026-02-06', 'content-length': 0 }).end();
      }
      return true;
    },
    statusOf: (containerName, blobName) => pending.get(keyOf(containerName, blobName))?.archiveStatus,
    markListed: (containerName, xml) =>
      xml.replace(/<Blob>.*?<\/Blob>/gs, (blob) => {
        const [, name = ''] = /<Name>(.*?)<\/Name>/s.exec(blob) ?? [];
        const status = pending.get(keyOf(containerName, unescapeXml(name)))?.archiveStatus;
        return status === undefined
          ? blob
          : blob.replace(/<\/AccessTier>/, `</AccessTier><ArchiveStatus>${status}</ArchiveStatus>`);
      }),
    isUnderWay: (containerName) => [...pending.keys()].some((key) => key.startsWith(`${containerName}/`)),
    async complete() {
      for (const { path, headers } of pending.values()) {
        const answer = await askStorage(azurite, 'PUT', path, { ...headers, 'content-length': '0' });
        if (answer.statusCode !== 200 && answer.statusCode !== 202) throw new Error(await text(answer));
        answer.resume();
      }
      pending.clear();
    },
  };
}

function unescapeXml(text: string): string {
  const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (whole, name) => characters[name] ?? whole);
}
