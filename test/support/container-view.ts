import { createHash } from 'node:crypto';
import type { Agent } from 'node:https';
import { BlobServiceClient, type ContainerClient, newPipeline, type RequestPolicyFactory } from '@azure/storage-blob';
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

/** The escrow container through the plain SDK, seen by somebody who may do everything there and is not the product. */
export interface ContainerView {
  /** Of the container of the backups. */
  readonly client: ContainerClient;
  /** Of the container that holds blobs of this name. */
  clientOf(name: string): ContainerClient;
  list(prefix?: string): Promise<SeenBlob[]>;
  names(prefix?: string): Promise<string[]>;
  /** The backups of keys, of one run or of all, in name order. */
  records(runId?: string): Promise<SeenBlob[]>;
  read(name: string): Promise<Buffer>;
  readJson(name: string): Promise<Record<string, unknown>>;
  /** Names of the records of lost requests, whatever the day; of one message or of all. */
  requests(messageId?: string): Promise<string[]>;
  readRequest(messageId: string): Promise<Record<string, unknown>>;
  /** The run reports of a run, or of all, in name order. @param path of a source, as `vaults/contoso-prod`: only its own. */
  reports(runId?: string, path?: string): Promise<RunReport[]>;
  put(name: string, content: string | Uint8Array, metadata?: Record<string, string>): Promise<void>;
}

/** Names of audits and of drills are looked for in the containers of their own. */
export function viewContainer(place: EscrowPlace): ContainerView {
  const actions = ['read', 'write', 'add/action', 'delete'].map((action) => `${blobs}/${action}`);
  const overseer = place.registry.find('overseer') ?? place.registry.add('overseer', actions);
  const url = new URL(place.containerUrl);
  const pipeline = newPipeline(place.credential(overseer));
  pipeline.factories.unshift(keepConnections());
  const service = new BlobServiceClient(url.origin, pipeline);
  const client = service.getContainerClient(url.pathname.slice(1));
  const clientOf = (name: string): ContainerClient => service.getContainerClient(containerNameOf(place, name));
  const view: ContainerView = {
    client,
    clientOf,
    async list(prefix = '') {
      const seen: SeenBlob[] = [];
      for await (const { name, properties, metadata } of clientOf(prefix).listBlobsFlat({
        prefix,
        includeMetadata: true,
      })) {
        seen.push({
          name,
          bytes: properties.contentLength ?? 0,
          contentType: properties.contentType,
          contentMd5: properties.contentMD5 && Buffer.from(properties.contentMD5).toString('base64'),
          metadata: metadata ?? {},
        });
      }
      return seen;
    },
    records: async (runId) =>
      (await view.list()).filter(
        ({ name, metadata }) => name.endsWith('.keybackup') && (runId === undefined || metadata.runid === runId),
      ),
    names: async (prefix) => (await view.list(prefix)).map(({ name }) => name),
    read: (name) => clientOf(name).getBlobClient(name).downloadToBuffer(),
    readJson: async (name) => JSON.parse((await view.read(name)).toString('utf8')),
    requests: async (messageId = '') =>
      (await view.names('requests/')).filter(
        (name) => /^requests\/\d{4}-\d\d-\d\d\/[^/]+\.json$/.test(name) && name.includes(messageId),
      ),
    async readRequest(messageId) {
      const [name = 'none', ...more] = await view.requests(messageId);
      if (more.length > 0) throw new Error(`more than one record of ${messageId}`);
      return view.readJson(name);
    },
    async reports(runId, path) {
      const names = await view.names(
        runId === undefined ? 'runs/' : `runs/${runId}/${path === undefined ? '' : `${path}.`}`,
      );
      const reports = names.filter((name) => name.endsWith('.json')).map((name) => view.readJson(name));
      return (await Promise.all(reports)) as unknown as RunReport[];
    },
    async put(name, content, metadata = {}) {
      await clientOf(name).getBlockBlobClient(name).upload(content, Buffer.byteLength(content), { metadata });
    },
  };
  return view;
}

/** Where a blob of this name lies. */
function containerNameOf(
  place: Pick<EscrowPlace, 'containerUrl' | 'auditContainerUrl' | 'drillContainerUrl'>,
  name: string,
): string {
  const url = name.startsWith('audits/')
    ? place.auditContainerUrl
    : name.startsWith('drills/')
      ? place.drillContainerUrl
      : place.containerUrl;
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
