import * as z from 'zod/mini';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { requestRecordName } from './blob-names.ts';
import { putJson, readJson } from './stored-json.ts';

/** A message as it was sent: its text where it is valid UTF-8, else its bytes in base64. */
const originalMessage = z.union([z.strictObject({ text: z.string() }), z.strictObject({ base64: z.base64() })]);

export type OriginalMessage = Readonly<z.infer<typeof originalMessage>>;

/** A request that was not carried out, recorded for good: poison messages expire after seven days. Times are ISO, UTC. */
const requestRecord = z.object({
  format: z.literal('keyvault-escrow/request/1'),
  messageId: z.string(),
  runId: z.string(),
  insertedAt: z.iso.datetime(),
  recordedAt: z.iso.datetime(),
  /** `refused`: it can never succeed. `failed`: its last delivery failed. */
  status: z.enum(['refused', 'failed']),
  reason: z.string(),
  attempt: z.int().check(z.positive()),
  /** The whole message, to the byte. */
  message: originalMessage,
});

export type RequestRecord = Readonly<z.infer<typeof requestRecord>>;

/** Writes the record once per message; a redelivery adds none. */
export async function saveRequest(store: EscrowStore, record: RequestRecord, deadline: AbortSignal): Promise<void> {
  const name = requestRecordName(new Date(record.insertedAt), record.messageId);
  await putJson(store, name, { schema: requestRecord, value: record, metadata: { status: record.status } }, deadline);
}

/** @returns undefined when there is none of this message, or one that cannot be read. */
export async function readRequest(
  store: EscrowStore,
  { insertedAt, messageId }: { readonly insertedAt: Date; readonly messageId: string },
  deadline: AbortSignal,
): Promise<RequestRecord | undefined> {
  const name = requestRecordName(insertedAt, messageId);
  const isThere = (await store.find(name, deadline)) !== undefined;
  return isThere ? readJson(store, name, requestRecord, deadline) : undefined;
}
