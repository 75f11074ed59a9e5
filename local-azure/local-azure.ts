import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import {
  assignedRoles,
  type EscrowContainers,
  escrowContainers,
  infrastructureDataActions,
} from './identity/deployed-roles.ts';
import { createIdentityRegistry, type IdentityRegistry, type LocalIdentity } from './identity/identities.ts';
import { type IdentityEndpoint, startIdentityEndpoint } from './identity/identity-endpoint.ts';
import type { LocalSourceOptions } from './key-vault/local-source.ts';
import { createKeyVaultService, type KeyVaultService } from './key-vault/service.ts';
import {
  azureCloudSuffixes,
  type Certificates,
  createCertificates,
  type ServiceSuffixes,
} from './network/certificates.ts';
import { type ConnectProxy, startConnectProxy } from './network/connect-proxy.ts';
import { type Handler, serveTls } from './network/loopback.ts';
import { managedStorage } from './resource-manager/managed-storage.ts';
import { createResourceManager, type ResourceManager } from './resource-manager/resource-manager.ts';
import { startAzurite } from './storage/azurite.ts';
import { type StorageGate, startStorageGate } from './storage/storage-gate.ts';
import { createStorageLayout } from './storage/storage-layout.ts';

export interface LocalAzureOptions {
  /** Storage account name. */
  readonly account: string;
  /** The container of the backups; those of audits and drills lie beside it. */
  readonly container: string;
  /** Each is made together with its `-poison` queue. */
  readonly queues: readonly string[];
  readonly sources?: readonly LocalSourceOptions[];
  readonly suffixes?: ServiceSuffixes;
  /** Where an own Azurite keeps its data; in memory when absent. */
  readonly azuriteLocation?: string;
  /** A running Azurite to use, with the certificates it was started with. It is not stopped with the rest. */
  readonly shared?: {
    readonly azurite: { readonly blobPort: number; readonly queuePort: number };
    readonly certificates: Certificates;
  };
}

export interface LocalAzure extends AsyncDisposable {
  /** All that a process needs to live in this Azure as the application: proxy, trust, managed identity. */
  readonly env: Readonly<Record<string, string>>;
  readonly ca: string;
  readonly keyVault: KeyVaultService;
  readonly resourceManager: ResourceManager;
  readonly storage: StorageGate;
  readonly identityEndpoint: IdentityEndpoint;
  readonly registry: IdentityRegistry;
  readonly identities: {
    /** Of the app that backs up. */
    readonly app: LocalIdentity;
    /** Of the app that audits. */
    readonly audit: LocalIdentity;
    /** Of one app for both parts. */
    readonly bothParts: LocalIdentity;
    readonly operator: LocalIdentity;
    readonly infrastructure: LocalIdentity;
  };
  readonly proxy: ConnectProxy;
  readonly containerUrl: string;
  readonly containers: EscrowContainers;
  readonly auditContainerUrl: string;
  readonly drillContainerUrl: string;
  readonly queueServiceUrl: string;
  /** The environment of a process that lives here as somebody else. */
  envOf(identity: LocalIdentity): Record<string, string>;
  /** For clients that act as somebody without asking the endpoint. */
  credential(identity: LocalIdentity): TokenCredential;
  stop(): Promise<void>;
}

/** Puts the private Azure together on free loopback ports. The process that starts it needs no special environment. */
export async function startLocalAzure(options: LocalAzureOptions): Promise<LocalAzure> {
  const suffixes = options.suffixes ?? azureCloudSuffixes;
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const certificates = options.shared?.certificates ?? (await createCertificates(suffixes));
    const folder = await mkdtemp(join(tmpdir(), 'local-azure-'));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    const authorityFile = join(folder, 'authority.pem');
    await writeFile(authorityFile, certificates.ca);

    const registry = createIdentityRegistry();
    const containers = escrowContainers(options.container);
    const roles = assignedRoles(containers);
    const assigned = (name: keyof typeof roles): LocalIdentity =>
      registry.add(name, roles[name].everywhere, roles[name].onContainers);
    const identities = {
      app: assigned('app'),
      audit: assigned('audit'),
      bothParts: assigned('bothParts'),
      operator: assigned('operator'),
      infrastructure: registry.add('infrastructure', infrastructureDataActions),
    };
    const identityEndpoint = await startIdentityEndpoint({ identities: registry, defaultIdentity: identities.app });
    undo.push(() => identityEndpoint.stop());
    const proxy = await startConnectProxy();
    undo.push(() => proxy.stop());

    const serve = async (handle: Handler): Promise<number> => {
      const { port, stop } = await serveTls(certificates, handle);
      undo.push(stop);
      return port;
    };
    const service = createKeyVaultService({ identities: registry, suffixes });
    const keyVault = withRoutes(service, proxy, await serve(service.handle));
    for (const source of options.sources ?? []) keyVault.addSource(source);
    const managementHost = `management.${suffixes.resourceManager}`;
    const resourceManager = createResourceManager({
      identities: registry,
      audience: `https://${managementHost}`,
      served: () => keyVault.sources().map((one) => one.resource),
      storage: managedStorage(options.account, Object.values(containers)),
    });
    proxy.route(managementHost, await serve(resourceManager.handle));

    const ownAzurite = async () => {
      const { account, azuriteLocation: location } = options;
      const started = await startAzurite({ account, certificates, location });
      undo.push(() => started.stop());
      return started;
    };
    const azurite = options.shared?.azurite ?? (await ownAzurite());
    const storage = await startStorageGate({ identities: registry, certificates, azurite });
    undo.push(() => storage.stop());
    const blobHost = `${options.account}.${suffixes.blob}`;
    const queueHost = `${options.account}.${suffixes.queue}`;
    proxy.route(blobHost, storage.port);
    proxy.route(queueHost, storage.port);
    await createStorageLayout({
      gatePort: storage.port,
      ca: certificates.ca,
      blobHost,
      queueHost,
      token: registry.issueToken(identities.infrastructure, 'https://storage.azure.com', 60),
      containers: Object.values(containers),
      queues: options.queues.flatMap((queue) => [queue, `${queue}-poison`]),
    });
    // The record is of what happens in this Azure, not of how it came about.
    storage.requests.length = 0;

    const envOf = (identity: LocalIdentity): Record<string, string> => ({
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '127.0.0.1,localhost',
      NODE_EXTRA_CA_CERTS: authorityFile,
      IDENTITY_ENDPOINT: identityEndpoint.url,
      IDENTITY_HEADER: identityEndpoint.header,
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      AZURE_CLIENT_ID: identity.clientId,
    });
    return {
      env: envOf(identities.app),
      ca: certificates.ca,
      keyVault,
      resourceManager,
      storage,
      identityEndpoint,
      registry,
      identities,
      proxy,
      containers,
      containerUrl: `https://${blobHost}/${containers.backups}`,
      auditContainerUrl: `https://${blobHost}/${containers.audits}`,
      drillContainerUrl: `https://${blobHost}/${containers.drills}`,
      queueServiceUrl: `https://${queueHost}`,
      envOf,
      credential: (identity) => ({
        getToken: async (scopes) => {
          const audience = [scopes].flat()[0]?.replace(/\/?\.default$/, '') ?? '';
          return {
            token: registry.issueToken(identity, audience, 3600),
            expiresOnTimestamp: Date.now() + 3_600_000,
          };
        },
      }),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Each source that is added gets a route of its own; a vault that nobody added is a foreign host. */
function withRoutes(service: KeyVaultService, proxy: ConnectProxy, port: number): KeyVaultService {
  return {
    ...service,
    addSource(options) {
      const source = service.addSource(options);
      proxy.route(new URL(source.url).hostname, port);
      return source;
    },
  };
}
