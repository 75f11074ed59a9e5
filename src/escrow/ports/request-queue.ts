/** A message that the queue has taken. */
export interface SentRequest {
  readonly messageId: string;
  /** The queue's own time, whole seconds: with the id it makes the run id. */
  readonly insertedAt: Date;
}

/** How a queue stands. */
export interface QueueState {
  readonly name: string;
  /** About so many messages, invisible ones too. */
  readonly length: number;
}

/** The on-demand queue, seen by somebody who may put messages and look, but takes none away. */
export interface RequestQueue {
  /** Puts a message as the functions host expects it: JSON, base64, never expiring. */
  send(message: object, outOfTime: AbortSignal): Promise<SentRequest>;
  state(outOfTime: AbortSignal): Promise<QueueState>;
  /** The queue of what could not be carried out. */
  poisonState(outOfTime: AbortSignal): Promise<QueueState>;
  /** Looks at up to 32 messages of the poison queue without taking them: their decoded texts. */
  peekPoison(outOfTime: AbortSignal): Promise<readonly string[]>;
}
