import type { EscrowStore } from '../ports/escrow-store.ts';
import { requestRecordName } from '../records/blob-names.ts';
import { putOnce } from '../records/put-once.ts';
import type { OriginalMessage } from './message-body.ts';

/** A request that was not carried out, kept for good: poison messages expire after seven days. Times are ISO, UTC. */
export interface RequestRecord {
  readonly format: 'keyvault-escrow/request/1';
  readonly messageId: string;
  readonly runId: string;
  readonly insertedAt: string;
  readonly recordedAt: string;
  /** `refused`: it can never succeed. `failed`: its last delivery failed. */
  readonly status: 'refused' | 'failed';
  readonly reason: string;
  readonly attempt: number;
  /** The whole message, to the byte. */
  readonly message: OriginalMessage;
}

/** Keeps the record; the first one of a message stands, a redelivery adds none. */
export async function keepRequest(container: EscrowStore, record: RequestRecord, lastCall: AbortSignal): Promise<void> {
  const name = requestRecordName(new Date(record.insertedAt), record.messageId);
  const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
  const metadata = { status: record.status };
  await putOnce(container, { name, bytes, contentType: 'application/json', metadata }, lastCall);
}
