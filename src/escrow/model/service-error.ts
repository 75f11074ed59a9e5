import { type FailureKind, meanings, type Need, remedies } from './failure-kind.ts';

/** What refused, as a person names it: an Azure service, the way to a token, or a folder of this machine. */
export type ServiceName =
  | 'Key Vault'
  | 'Managed HSM'
  | 'Blob Storage'
  | 'Queue Storage'
  | 'Resource Graph'
  | 'Resource Manager'
  | 'identity'
  | 'Folder';

export interface ServiceAnswer {
  readonly service: ServiceName;
  /** What it means; the other members are for the message alone. */
  readonly kind: FailureKind;
  /** HTTP status; undefined when no answer came. */
  readonly statusCode?: number | undefined;
  /** The service's own error code, or the connection's (`ECONNRESET`, `TimedOut`). */
  readonly code: string;
  /** The finer code of a 403: `AccessDenied`, `ForbiddenByRbac`, `ForbiddenByFirewall`, `ForbiddenByConnection`. */
  readonly innerCode?: string | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly host?: string | undefined;
}

/** What a service (or the way to it) said, kept whole: status, codes, request id and the service's own words. */
export class ServiceError extends Error implements ServiceAnswer {
  override readonly name = 'ServiceError';
  readonly service: ServiceName;
  readonly kind: FailureKind;
  readonly statusCode: number | undefined;
  readonly code: string;
  readonly innerCode: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly host: string | undefined;

  constructor(message: string, answer: ServiceAnswer, options?: ErrorOptions) {
    super(message, options);
    this.service = answer.service;
    this.kind = answer.kind;
    this.statusCode = answer.statusCode;
    this.code = answer.code;
    this.innerCode = answer.innerCode;
    this.requestId = answer.requestId;
    this.retryAfterMs = answer.retryAfterMs;
    this.host = answer.host;
  }
}

/** For `catch`: what `answer` makes of a service's refusal; any other error goes on. */
export function onRefusal<R>(answer: (refusal: ServiceError) => R): (error: unknown) => R {
  return (error) => {
    if (error instanceof ServiceError) return answer(error);
    throw error;
  };
}

/** For `catch`: undefined where the service itself says that there is no such thing; any other error goes on. */
export function orAbsent(error: unknown): undefined {
  if (error instanceof ServiceError && error.kind === 'absent') return undefined;
  throw error;
}

/** The invocation's time ran out before the work could be done; the retry resumes. `cause` is what it was waiting out. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
  constructor(options?: ErrorOptions) {
    super('the time of this invocation ran out', options);
  }
}

const storages: Readonly<Partial<Record<ServiceName, 'blobs' | 'queue' | 'folder' | 'account'>>> = {
  'Blob Storage': 'blobs',
  'Queue Storage': 'queue',
  Folder: 'folder',
  'Resource Manager': 'account',
};

/** What to do about an answer; whole sentences. */
export function remedyOf(error: ServiceError, need: Need): string {
  const { kind, host = error.service, service } = error;
  const remedy = remedies[kind];
  const words = typeof remedy === 'string' ? remedy : remedy({ ...need, storage: storages[service] });
  return words.replaceAll('{host}', () => host);
}

/** One clause: what the answer means, and the service's own words with code, status and request id. */
export function reasonOf(error: ServiceError): string {
  const code = error.innerCode ?? error.code;
  const status = error.statusCode === undefined ? '' : `${error.statusCode} `;
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`;
  const words = error.message.replace(/\s+/g, ' ').replace(/\.+$/, '').trim();
  const meaning = meanings[error.kind];
  return meaning === undefined
    ? `${words} (${status}${code}${request})`
    : `${meaning} (${status}${code}${request}): ${words}`;
}
