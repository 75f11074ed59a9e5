/** What a storage client threw, as far as it was an answer of the service. */
function answerOf(error: unknown): { status: number | undefined; code: string } {
  const { statusCode, code, details } = error as {
    statusCode?: number;
    code?: string;
    details?: { errorCode?: string };
  };
  return { status: statusCode, code: details?.errorCode ?? code ?? '' };
}

const goneQueue = ['QueueNotFound', 'QueueBeingDeleted', 'QueueDisabled'];

/**
 * Whether the listener goes on polling after that failure. Everything else ends the host: a refusal, an identity without a
 * token, a connection that stays broken (QueueListener of the Storage Queues extension).
 */
export function isSurvivedByPolling(error: unknown): boolean {
  const { status = 0, code } = answerOf(error);
  return status >= 500 || goneQueue.includes(code);
}

/** Whether a message that cannot be deleted, released or renewed is simply somebody else's by now, or gone. */
export function isMessageGone(error: unknown): boolean {
  const { code } = answerOf(error);
  return code === 'PopReceiptMismatch' || code === 'MessageNotFound' || goneQueue.includes(code);
}
