export interface SentRequest {
  readonly messageId: string;
  /** The queue's own time, whole seconds: with the id it makes the run id. */
  readonly insertedAt: Date;
}

/** A message as it lies on the poison queue. What is not base64 the functions host put there itself: it never reached the app. */
export interface PoisonMessage {
  /** Decoded where it is base64, else as it is. */
  readonly text: string;
  readonly isBase64: boolean;
}

/** The on-demand queue, seen by somebody who may put messages and look, but takes none away. */
export interface RequestQueue {
  /** Puts a message as the functions host expects it: JSON, base64, never expiring. */
  send(message: object, deadline: AbortSignal): Promise<SentRequest>;
  /** About how many messages it has, invisible ones too. */
  length(deadline: AbortSignal): Promise<number>;
  /** The same of the queue of what could not be carried out. */
  poisonLength(deadline: AbortSignal): Promise<number>;
  /** Looks at up to 32 messages of the poison queue without taking them. */
  peekPoison(deadline: AbortSignal): Promise<readonly PoisonMessage[]>;
  /** Whether this identity may renew, release and delete messages, as the functions host must. Takes and changes none. */
  mayProcess(deadline: AbortSignal): Promise<boolean>;
}
