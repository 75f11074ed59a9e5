import { createHash } from 'node:crypto';
import type { Agent } from 'node:https';
import { BlobServiceClient, newPipeline, type RequestPolicyFactory } from '@azure/storage-blob';
import { createDiscreetAgent } from '../../src/azure/http/connection.ts';
import type { RunReport } from '../../src/escrow/records/run-report.ts';
import type { EscrowPlace } from './escrow-place.ts';

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

export interface SeenBlob {
  readonly name: string;
  readonly bytes: number;
  readonly contentType: string | undefined;
  /** Base64, as the service keeps it. */
  readonly contentMd5: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The escrow containers through the plain SDK, seen by somebody who may do everything there and is not the product. Names of audits and
 * of drills are looked for in the containers of their own.
 */
export function viewContainer(place: EscrowPlace) {
  const actions = ['read', 'write', 'add/action', 'delete'].map((action) => `${blobs}/${action}`);
  const overseer = place.registry.find('overseer') ?? place.registry.add('overseer', actions);
  const url = new URL(place.containerUrl);
  const pipeline = newPipeline(place.credential(overseer));
  pipeline.factories.unshift(keepConnections());
  const service = new BlobServiceClient(url.origin, pipeline);
  const clientOf = (name: string) => service.getContainerClient(containerNameOf(place, name));
  async function list(prefix = ''): Promise<SeenBlob[]> {
    const seen: SeenBlob[] = [];
    const listed = clientOf(prefix).listBlobsFlat({ prefix, includeMetadata: true });
    for await (const { name, properties, metadata = {} } of listed) {
      seen.push({
        name,
        bytes: properties.contentLength ?? 0,
        contentType: properties.contentType,
        contentMd5: properties.contentMD5 && Buffer.from(properties.contentMD5).toString('base64'),
        metadata,
      });
    }
    return seen;
  }
  const names = async (prefix?: string) => (await list(prefix)).map(({ name }) => name);
  const read = (name: string) => clientOf(name).getBlobClient(name).downloadToBuffer();
  const readJson = async (name: string): Promise<Record<string, unknown>> => JSON.parse(String(await read(name)));
  /** Names of the records of lost requests, whatever the day; of one message or of all. */
  const requests = async (messageId = '') =>
    (await names('requests/')).filter(
      (name) => /^requests\/\d{4}-\d\d-\d\d\/[^/]+\.json$/.test(name) && name.includes(messageId),
    );
  return {
    /** Of the container of the backups. */
    client: service.getContainerClient(url.pathname.slice(1)),
    /** Of the container that holds blobs of this name. */
    clientOf,
    list,
    names,
    read,
    readJson,
    requests,
    /** The backups of keys, of one run or of all, in name order. */
    records: async (runId?: string) =>
      (await list()).filter(
        ({ name, metadata }) => name.endsWith('.keybackup') && (runId === undefined || metadata.runid === runId),
      ),
    async readRequest(messageId: string) {
      const [name = 'none', ...more] = await requests(messageId);
      if (more.length > 0) throw new Error(`more than one record of ${messageId}`);
      return readJson(name);
    },
    /** The run reports of a run, or of all, in name order. @param path of a source, as `vaults/contoso-prod`: only its own. */
    async reports(runId?: string, path?: string) {
      const prefix = runId === undefined ? 'runs/' : `runs/${runId}/${path === undefined ? '' : `${path}.`}`;
      const reports = (await names(prefix)).filter((name) => name.endsWith('.json')).map(readJson);
      return (await Promise.all(reports)) as unknown as RunReport[];
    },
    async put(name: string, content: string | Uint8Array, metadata: Record<string, string> = {}) {
      await clientOf(name).getBlockBlobClient(name).upload(content, Buffer.byteLength(content), { metadata });
    },
  };
}

/** Where a blob of this name lies. */
function containerNameOf({ containerUrl, auditContainerUrl, drillContainerUrl }: EscrowPlace, name: string): string {
  const [folder] = name.split('/');
  const url = folder === 'audits' ? auditContainerUrl : folder === 'drills' ? drillContainerUrl : containerUrl;
  return new URL(url).pathname.slice(1);
}

/** One for all views of a process, made when the environment is the local Azure's. */
let agent: Agent | undefined;

/** Left to itself the SDK opens a tunnel and a TLS session per request through a proxy, which costs more than the request. */
function keepConnections(): RequestPolicyFactory {
  agent ??= Object.assign(createDiscreetAgent(process.env), { maxSockets: 16 });
  const kept = agent;
  return {
    create: (next) => ({
      sendRequest(request) {
        request.agent = kept;
        return next.sendRequest(request);
      },
    }),
  };
}

export function digestOf(algorithm: 'sha256' | 'md5', bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}
