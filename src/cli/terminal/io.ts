/** All that a command shares with the world outside of Azure, as an argument: a test runs a command in its own process. */
export interface Io {
  /** Data. */
  readonly stdout: NodeJS.WritableStream;
  /** Talk: progress, questions, reasons. */
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C: nothing new starts, what is under way ends, and the command says what was done. */
  readonly signal: AbortSignal;
}

// Where npm's shell is bash, one Ctrl-C arrives twice within a millisecond: from the terminal, and handed on by npm.
const sameStrokeMs = 500;

/** The terminal. The second Ctrl-C ends the process at once. */
export function processIo(): Io {
  const interrupt = new AbortController();
  let firstAt: number | undefined;
  process.on('SIGINT', () => {
    if (firstAt !== undefined) {
      if (performance.now() - firstAt >= sameStrokeMs) process.exit(130);
      return;
    }
    firstAt = performance.now();
    process.stderr.write('\nEnding what is under way; Ctrl-C again stops at once.\n');
    interrupt.abort();
  });
  // A reader that has seen enough (head) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    isTTY: {
      stdin: process.stdin.isTTY ?? false,
      stdout: process.stdout.isTTY ?? false,
      stderr: process.stderr.isTTY ?? false,
    },
    env: process.env,
    signal: interrupt.signal,
  };
}
