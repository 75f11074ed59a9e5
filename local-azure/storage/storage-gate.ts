import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createFaultPlan, type FaultPlan } from '../fault-plan.ts';
import { type IdentityRegistry, type LocalIdentity, mayDo } from '../identity/identities.ts';
import type { Certificates } from '../network/certificates.ts';
import { serveTls } from '../network/loopback.ts';
import { headBlob } from './ask-storage.ts';
import { createRehydrations, type Rehydrations } from './rehydration.ts';
import { answerStorageChallenge, answerStorageError } from './storage-errors.ts';
import { makesBlob, type StorageCall, storageCall } from './storage-operations.ts';

export type StorageFaultEffect =
  /** `detail`: the AuthenticationErrorDetail of a 401. */
  | { readonly kind: 'status'; readonly status: number; readonly code: string; readonly detail?: string }
  /** The connection is cut before anything is done. */
  | { readonly kind: 'reset' }
  /** Azurite does the work, then the connection is cut: the client cannot know. */
  | { readonly kind: 'resetAfterWork' }
  /** No answer, ever; the connection stays open. */
  | { readonly kind: 'stall' };

export interface StorageFaultMatcher {
  /** As in {@link StorageCall}: `putBlob`, `getMessages`, … */
  readonly operation?: string;
  readonly containerName?: string;
  readonly blobName?: RegExp;
  readonly identity?: string;
}

export interface StorageRequestRecord {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly operation: string;
  readonly containerName: string | undefined;
  readonly blobName: string | undefined;
  /** Undefined when the token was refused. */
  readonly identity: string | undefined;
  /** Undefined while under way, and for good when the connection was cut. */
  status: number | undefined;
}

export interface StorageGate {
  readonly port: number;
  readonly requests: StorageRequestRecord[];
  readonly faults: FaultPlan<StorageFaultMatcher, StorageFaultEffect>;
  /**
   * What an identity that may only add hears when it puts a blob with `If-None-Match: *` over one that exists: 409
   * BlobAlreadyExists, or 403 UnauthorizedBlobOverwrite. Which of the two Azure says is unverified.
   */
  existingBlobAnswer: 'conflict' | 'forbidden';
  /** Hours later: what was called back from the archive is there. Until then it is pending, as in Azure. */
  completeRehydration(): Promise<void>;
  stop(): Promise<void>;
}

const conditions = ['if-match', 'if-modified-since', 'if-unmodified-since'] as const;
const audience = 'https://storage.azure.com';
const overwrite = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write';

/**
 * The role enforcement that Azurite lacks: a TLS server for the account's blob and queue hosts that authenticates each
 * request, refuses what the identity's data actions do not cover in Azure's words, and streams the rest to Azurite.
 */
export async function startStorageGate(options: {
  identities: IdentityRegistry;
  certificates: Certificates;
  azurite: { readonly blobPort: number; readonly queuePort: number };
}): Promise<StorageGate> {
  const { identities, certificates, azurite } = options;
  const agent = new https.Agent({ keepAlive: true, ca: certificates.ca });
  const faults = createFaultPlan<StorageFaultMatcher, StorageFaultEffect, Subject>(matchesFault);
  const rehydrations = createRehydrations({ agent, port: azurite.blobPort });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: target = '/', headers } = request;
    const service = headers.host?.split('.')[1] === 'queue' ? 'queue' : 'blob';
    const call = storageCall(service, method, target, headers);
    const authentication = identities.authenticate(headers.authorization, audience);
    const identity = 'identity' in authentication ? authentication.identity : undefined;
    const { operation, containerName, blobName } = call;
    const asked = { at: Date.now(), method, operation, containerName, blobName };
    const record: StorageRequestRecord = { ...asked, identity: identity?.name, status: undefined };
    gate.requests.push(record);
    response.once('finish', () => {
      record.status = response.statusCode;
    });
    const { delayMs, effect } = faults.choose({ call, identity: identity?.name });
    if (delayMs > 0) await delay(delayMs);
    if (effect?.kind === 'reset') return void request.socket.destroy();
    if (effect?.kind === 'stall') return void request.resume();
    if (effect?.kind === 'status')
      return refuse(request, () => answerStorageError(response, effect.status, effect.code, effect.detail));
    if ('failure' in authentication)
      return refuse(request, () => answerStorageChallenge(response, authentication.failure));
    if (!isCovered(authentication.identity, call)) {
      return refuse(request, () => answerStorageError(response, 403, 'AuthorizationPermissionMismatch'));
    }
    if (await rehydrations.take(request, response, call)) return;
    const port = call.service === 'queue' ? azurite.queuePort : azurite.blobPort;
    const mayAddOnly =
      makesBlob.includes(call.operation) && !mayDo(authentication.identity, overwrite, call.containerName);
    // A condition on what is there and one on nothing being there do not go together: Azurite would refuse both with 400.
    const isConditional = conditions.some((name) => headers[name] !== undefined);
    if (mayAddOnly && isConditional && (await headBlob(request, { agent, port })).statusCode === 200) {
      return refuse(request, () => answerStorageError(response, 403, 'UnauthorizedBlobOverwrite'));
    }
    forward(request, response, {
      agent,
      port,
      mustBeNew: mayAddOnly && !isConditional,
      answersConflict: headers['if-none-match'] === '*' && gate.existingBlobAnswer === 'conflict',
      cutAfterWork: effect?.kind === 'resetAfterWork',
      ...archivedView(rehydrations, call),
    });
  };

  const { port, stop } = await serveTls(certificates, handle);
  const gate: StorageGate = {
    port,
    requests: [],
    faults,
    existingBlobAnswer: 'conflict',
    completeRehydration: () => rehydrations.complete(),
    async stop() {
      await stop();
      agent.destroy();
    },
  };
  return gate;
}

/** What a blob on its way back from the archive says of itself, alone and in a listing. */
function archivedView(
  rehydrations: Rehydrations,
  { operation, containerName, blobName }: StorageCall,
): { headers?: Readonly<Record<string, string>>; rewrite?: (xml: string) => string } {
  if (containerName === undefined || !rehydrations.isUnderWay(containerName)) return {};
  if (operation === 'listBlobs') return { rewrite: (xml) => rehydrations.markListed(containerName, xml) };
  const status = blobName === undefined ? undefined : rehydrations.statusOf(containerName, blobName);
  return operation === 'getBlobProperties' && status !== undefined
    ? { headers: { 'x-ms-archive-status': status } }
    : {};
}

interface Subject {
  readonly call: StorageCall;
  readonly identity: string | undefined;
}

function matchesFault(matcher: StorageFaultMatcher, { call, identity }: Subject): boolean {
  if (matcher.operation !== undefined && matcher.operation !== call.operation) return false;
  if (matcher.containerName !== undefined && matcher.containerName !== call.containerName) return false;
  if (matcher.identity !== undefined && matcher.identity !== identity) return false;
  return matcher.blobName === undefined || (call.blobName !== undefined && matcher.blobName.test(call.blobName));
}

function isCovered(identity: LocalIdentity, { service, containerName, anyOf, allOf }: StorageCall): boolean {
  const has = (action: string): boolean => mayDo(identity, action, service === 'blob' ? containerName : undefined);
  return anyOf.some(has) && allOf.every(has);
}

/** The body has to be read before the connection can carry another request. */
function refuse(request: IncomingMessage, answer: () => void): void {
  request.resume();
  if (request.complete) answer();
  else request.once('end', answer);
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  way: {
    agent: https.Agent;
    port: number;
    mustBeNew: boolean;
    answersConflict: boolean;
    cutAfterWork: boolean;
    /** Beside Azurite's own, of a blob on its way back from the archive. */
    headers?: Readonly<Record<string, string>>;
    /** Rewrites a listing. */
    rewrite?: (xml: string) => string;
  },
): void {
  // Azurite checks and creates in one step, so of two identities that may only add one wins, as in Azure.
  const headers = way.mustBeNew ? { ...request.headers, 'if-none-match': '*' } : request.headers;
  const upstream = https.request({
    agent: way.agent,
    host: '127.0.0.1',
    port: way.port,
    servername: (request.headers.host ?? '').replace(/:\d+$/, ''),
    method: request.method,
    path: request.url,
    headers,
  });
  const cut = (): void => {
    upstream.destroy();
    request.socket.destroy();
  };
  upstream.once('error', cut);
  upstream.once('response', (answer) => {
    if (way.cutAfterWork) {
      answer.resume().once('end', () => request.socket.destroy());
      return;
    }
    const isTaken = answer.statusCode === 409 && answer.headers['x-ms-error-code'] === 'BlobAlreadyExists';
    if (way.mustBeNew && isTaken && !way.answersConflict) {
      answer.resume();
      return answerStorageError(response, 403, 'UnauthorizedBlobOverwrite');
    }
    if (way.rewrite !== undefined && answer.statusCode === 200) {
      const { rewrite } = way;
      void text(answer).then((xml) => {
        const { 'content-length': _, 'transfer-encoding': __, ...kept } = answer.headers;
        const body = rewrite(xml);
        response.writeHead(200, { ...kept, 'content-length': Buffer.byteLength(body) }).end(body);
      }, cut);
      return;
    }
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...way.headers });
    answer.pipe(response);
    answer.once('error', cut);
  });
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  request.pipe(upstream);
}
