import * as z from 'zod/mini';
import { onRefusal, ServiceError } from '../model/service-error.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { type PutOnce, putOnce } from './put-once.ts';

/** Reports, receipts and requests: a report has about 250 bytes a key. */
export const maxEvidenceBytes = 64 * 1024 ** 2;

export interface JsonBlob<Schema extends z.ZodMiniType> {
  readonly schema: Schema;
  readonly value: z.infer<Schema>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes a stored format once, as JSON on one line: what the schema does not name is not written. */
export function putJson<Schema extends z.ZodMiniType>(
  store: EscrowStore,
  name: string,
  { schema, value, metadata = {} }: JsonBlob<Schema>,
  deadline: AbortSignal,
): Promise<PutOnce> {
  const bytes = Buffer.from(`${JSON.stringify(z.parse(schema, value))}\n`);
  return putOnce(store, { name, bytes, contentType: 'application/json', metadata }, deadline);
}

/** So many attempts may have gone before in truth. */
const oneByOne = 10;

/**
 * The same under a name that is free, numbered from 1. Where so many are taken that somebody else did it, the numbers from its own
 * end on are tried, in milliseconds, each step twice the last: nobody can foresee them. A later one has the higher number.
 * @returns the name.
 */
export async function putNumberedJson<Schema extends z.ZodMiniType<{ readonly finishedAt: string }>>(
  store: EscrowStore,
  nameOf: (number: number) => string,
  json: JsonBlob<Schema>,
  deadline: AbortSignal,
): Promise<string> {
  const endedAt = Date.parse(json.value.finishedAt);
  for (let attempt = 1; ; attempt++) {
    const number = attempt <= oneByOne ? attempt : endedAt + 2 ** (attempt - oneByOne - 1) - 1;
    const put = await putJson(store, nameOf(number), json, deadline);
    if (put.written) return nameOf(number);
  }
}

/**
 * Reads a stored format; undefined for anything that is not one, whoever wrote it. So is a blob larger than any of its kind: it must
 * not fill the memory of whoever reads it.
 */
export async function readJson<Schema extends z.ZodMiniType>(
  store: EscrowStore,
  name: string,
  schema: Schema,
  deadline: AbortSignal,
  maxBytes = maxEvidenceBytes,
): Promise<z.infer<Schema> | undefined> {
  try {
    const bytes = await store.read(name, deadline, maxBytes);
    return z.safeParse(schema, JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof ServiceError && error.kind === 'tooLarge')) return undefined;
    throw error;
  }
}

/** What could be read, or why it counts for nothing. @param what it should be. @throws OutOfTime; other failures are answers. */
export function readOrWhy<T extends object>(
  reading: Promise<T | undefined>,
  what: string,
): Promise<T | { readonly why: string }> {
  const unreadable = onRefusal(({ message }) => ({ why: message }));
  return reading.then((value) => value ?? { why: `it is not ${what} of this version` }, unreadable);
}
