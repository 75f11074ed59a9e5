import * as z from 'zod/mini';
import type { FailureKind, Need } from './failure-kind.ts';
import { OutOfTime, onRefusal, reasonOf, remedyOf, ServiceError } from './service-error.ts';
import { describeSource, type SourceId } from './source.ts';
import { attemptOf, needOf, type SourceOperation } from './source-operation.ts';

const text = z.string();

/** A failure as it is written into reports and audits. */
export const failureSchema = z.object({
  /** The service's code (the finer one of a 403), or one of ours: `configuredKeyNotFound`, `outOfTime`, … */
  code: text,
  /** What the answer of a service means; absent where we found it ourselves. A later version may know more kinds. */
  kind: z.exactOptional(z.custom<FailureKind>((value) => typeof value === 'string')),
  /** As after "Cannot": `back up`, `list the keys of`. */
  attempt: text,
  /** What it was to be done to: `key "payroll" in vault "contoso-prod"`. */
  subject: text,
  /** One clause. */
  reason: text,
  /** Whole sentences for a person. "The caller" is the app, or that person: whoever asked. */
  remedy: text,
  statusCode: z.exactOptional(z.number()),
  requestId: z.exactOptional(text),
});

/** Something that could not be done. A sentence is made of it where it is printed or logged, by `failureSentence`. */
export interface Failure extends Readonly<z.infer<typeof failureSchema>> {
  /** What was thrown. Not enumerable: no report, log line or output ever carries it. */
  readonly cause?: unknown;
}

/** Why, and what to do about it. */
type Cause = Omit<Failure, 'attempt' | 'subject' | 'cause'>;

/** A failure that this product finds by itself, with its own code and remedy. `message` is the reason. */
export class EscrowFault extends Error {
  override readonly name: string = 'EscrowFault';
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, reason: string, remedy: string, options?: ErrorOptions) {
    super(reason, options);
    this.code = code;
    this.remedy = remedy;
  }
}

/** Reason and subject: `Cannot back up key "payroll" in vault "contoso-prod": access denied (…): …`, without a full stop. */
export function failureHeadline({ attempt, subject, reason }: Failure): string {
  return `Cannot ${attempt} ${subject}: ${reason}`;
}

/** The whole sentence: what could not be done, why, and what to do. */
export function failureSentence(failure: Failure): string {
  return `${failureHeadline(failure)}. ${failure.remedy}`;
}

/**
 * Whatever stopped an operation on a source.
 * @param keyName absent when the operation is about the whole source.
 */
export function describeFailure(
  error: unknown,
  operation: SourceOperation,
  source: SourceId,
  keyName?: string,
): Failure {
  const need = error instanceof ServiceError ? needOf(operation, source, error) : undefined;
  return withThrown(failureOf(causeOf(error, need), attemptOf(operation), source, keyName), error);
}

/** A failure that ends a command. */
export function faultOf(failure: Failure): EscrowFault {
  return new EscrowFault(failure.code, failureHeadline(failure), failure.remedy, { cause: failure.cause });
}

/** For `catch`: a service's refusal of an operation ends the command as an EscrowFault; any other error goes on. */
export function endOnRefusal(operation: SourceOperation, source: SourceId, keyName?: string) {
  return onRefusal((error): never => {
    throw faultOf(describeFailure(error, operation, source, keyName));
  });
}

export function failureOf(cause: Cause, attempt: string, source: SourceId, keyName?: string): Failure {
  const subject = keyName === undefined ? describeSource(source) : `key "${keyName}" in ${describeSource(source)}`;
  return { ...cause, attempt, subject };
}

/** Why something was thrown and what to do, whoever threw it. */
export function causeOf(error: unknown, need: Need = { grant: '' }): Cause {
  if (error instanceof OutOfTime) {
    const waited = error.cause instanceof ServiceError ? ` while waiting out: ${reasonOf(error.cause)}` : '';
    const remedy =
      'Another attempt resumes where this one stopped; if it happens every night, raise functionTimeout or maxBackupsPerSecond.';
    return { code: 'outOfTime', reason: `${error.message}${waited}`, remedy };
  }
  if (error instanceof EscrowFault) return { code: error.code, reason: error.message, remedy: error.remedy };
  if (error instanceof ServiceError) {
    const { innerCode, code, kind, statusCode, requestId } = error;
    return {
      code: innerCode ?? code,
      kind,
      reason: reasonOf(error),
      remedy: remedyOf(error, need),
      ...(statusCode !== undefined && { statusCode }),
      ...(requestId !== undefined && { requestId }),
    };
  }
  const remedy = 'This is unexpected: please report it with its stack trace.';
  return { code: 'unexpected', reason: messageOf(error), remedy };
}

/** What a service refused, where we know better than its answer what that means. The reason has the service's own words too. */
export function refusalOf(error: ServiceError, known: Failure): Failure {
  return { ...causeOf(error), ...known, reason: `${known.reason} (${reasonOf(error)})` };
}

/** What was thrown stays with what became of it, unseen. */
export function withThrown<T extends object>(failed: T, thrown: unknown): T {
  return Object.defineProperty(failed, 'cause', { value: thrown, enumerable: false });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
