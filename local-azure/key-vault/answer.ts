/** An error as the service words it, before a Managed HSM adds its activity id. */
interface ServiceErrorBody {
  readonly code: string;
  readonly message: string;
  readonly innerCode?: string;
}

/** What a request is answered with: an `error`, a JSON `body`, a raw `text`, or nothing at all after the headers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
  readonly error?: ServiceErrorBody;
}

export function errorAnswer(status: number, code: string, message: string, innerCode?: string): Answer {
  return { status, error: { code, message, ...(innerCode === undefined ? {} : { innerCode }) } };
}
