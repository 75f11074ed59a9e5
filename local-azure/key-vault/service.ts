import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createFaultPlan, type FaultPlan } from '../fault-plan.ts';
import type { IdentityRegistry } from '../identity/identities.ts';
import { azureCloudSuffixes } from '../network/certificates.ts';
import type { Handler } from '../network/loopback.ts';
import { renderAnswer, sendAnswer, sendTruncated } from './answer-writer.ts';
import { requestedApiVersion } from './api-versions.ts';
import type { KeyVaultOperation, LocalSourceKind } from './data-actions.ts';
import { settle } from './exchange.ts';
import { type FaultEffect, type FaultMatcher, type FaultSubject, matchesFault, seededRandom } from './faults.ts';
import { createSourceState, type LocalSource, type LocalSourceOptions, localSource } from './local-source.ts';
import { route } from './route.ts';
import type { SourceState } from './source-state.ts';

export interface KeyVaultServiceOptions {
  readonly identities: IdentityRegistry;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly now?: () => number;
  /** Those of the public cloud by default. */
  readonly suffixes?: Readonly<Record<LocalSourceKind, string>>;
  /** Numbers in [0, 1) for faults that are left to chance; a fixed seed by default. */
  readonly random?: () => number;
}

/** One request as it came in, whatever became of it. */
export interface RequestRecord {
  readonly at: number;
  /** The host it was sent to, without a port. */
  readonly source: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly operation: KeyVaultOperation;
  readonly keyName: string | undefined;
  /** 0 while, and if, no answer was sent. */
  readonly status: number;
  /** The identity's name. */
  readonly identity: string | undefined;
  /** Whether its token was accepted. */
  readonly authenticated: boolean;
}

/** Key Vault and Managed HSM in memory: every vault and HSM added, behind one listener. */
export interface KeyVaultService {
  /** Routes on the Host header. A host that was not added has its connection cut, as DNS knows no such name. */
  readonly handle: Handler;
  /** @throws when its host is there already. */
  addSource(options: LocalSourceOptions): LocalSource;
  source(kind: LocalSourceKind, name: string): LocalSource | undefined;
  sources(): LocalSource[];
  /** Everything received, oldest first. `length = 0` forgets it. */
  readonly requests: RequestRecord[];
  readonly faults: FaultPlan<FaultMatcher, FaultEffect>;
}

export function createKeyVaultService(options: KeyVaultServiceOptions): KeyVaultService {
  const now = options.now ?? Date.now;
  const suffixes = options.suffixes ?? azureCloudSuffixes;
  const random = options.random ?? seededRandom(20_261_124);
  const faults = createFaultPlan<FaultMatcher, FaultEffect, FaultSubject>(matchesFault, random);
  const served = new Map<string, { source: SourceState; view: LocalSource }>();
  const requests: RequestRecord[] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const method = request.method ?? 'GET';
    const target = request.url ?? '/';
    const routed = route(method, target);
    const { operation, keyName, query } = routed;
    const source = served.get(host)?.source;
    const authentication = options.identities.authenticate(request.headers.authorization, source?.audience ?? '');
    const identity = 'identity' in authentication ? authentication.identity : undefined;
    const asked = { operation, keyName, authenticated: identity !== undefined };
    const entry = { at: now(), source: host, method, path: target, ...asked, identity: identity?.name, status: 0 };
    requests.push(entry);
    if (source === undefined) return void request.socket.destroy();
    const { delayMs, effect } = faults.choose({ source: source.name, ...asked });
    const apiVersion = requestedApiVersion(source.kind, query);
    const call = { ...routed, method, apiVersion, body: parse(await text(request)) };
    if (delayMs > 0) await delay(delayMs);
    if (response.destroyed) return;
    const settled = await settle({ source, call, authentication, target, effect });
    if (settled === 'silence') return;
    if (settled === 'cut') return void request.socket.destroy();
    const rendered = renderAnswer(settled, {
      kind: source.kind,
      requestId: randomUUID(),
      clientRequestId: request.headers['x-ms-client-request-id']?.toString(),
      isAuthorized: identity !== undefined && settled.status !== 403 && settled.status !== 401,
    });
    entry.status = rendered.status;
    if (effect?.kind === 'truncate') sendTruncated(response, rendered);
    else sendAnswer(response, rendered);
  }

  return {
    handle,
    addSource(sourceOptions) {
      const source = createSourceState(sourceOptions, suffixes[sourceOptions.kind], now);
      if (served.has(source.host)) throw new Error(`${source.host} was added before.`);
      const view = localSource(source, sourceOptions.resource);
      served.set(source.host, { source, view });
      return view;
    },
    sources: () => [...served.values()].map(({ view }) => view),
    source: (kind, name) => served.get(`${name}.${suffixes[kind]}`.toLowerCase())?.view,
    requests,
    faults,
  };
}

function parse(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    return undefined;
  }
}
