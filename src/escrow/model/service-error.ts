import type { FailureKind } from './failure-kind.ts';

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

/** The invocation's time ran out before the work could be done; the retry resumes. `cause` is what it was waiting out. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
  constructor(options?: ErrorOptions) {
    super('the time of this invocation ran out', options);
  }
}
