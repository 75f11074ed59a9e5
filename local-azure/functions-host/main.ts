import { rmSync } from 'node:fs';
import { type Host, startHost } from './host.ts';
import { hostConfiguration, withHostSettings } from './host-configuration.ts';
import type { Emit, HostEvent } from './host-events.ts';
import { type FireTimerCommand, type HostMessage, type HostProcessOptions, restartExitCode } from './host-process.ts';

/* The host process. Its app settings are its environment. */

const options = JSON.parse(process.argv[2] ?? '') as HostProcessOptions;

let lastSent: Promise<void> = Promise.resolve();

function send(message: HostMessage): void {
  if (process.connected) lastSent = new Promise((resolve) => process.send?.(message, undefined, {}, () => resolve()));
}

const emit: Emit = (event) => send({ at: Date.now(), ...event } as HostEvent);

/** Ends the process once the messages under way to the parent are delivered. */
function exit(code: number): void {
  const end = (): never => {
    if (!process.connected) rmSync(options.folder, { recursive: true, force: true });
    process.exit(code);
  };
  void lastSent.then(end);
  setTimeout(end, 1_000).unref();
}

async function main(): Promise<void> {
  const configuration = hostConfiguration(withHostSettings(options.hostJson, process.env), options.overrides);
  let isStopping = false;
  let host: Host | undefined;
  const stop = (exitCode: number): void => {
    if (isStopping) return;
    isStopping = true;
    // What still runs then is abandoned, as by a drain of the real host; its message or timer comes again.
    const abandon = async (): Promise<void> => host?.abandon().then(() => exit(exitCode));
    setTimeout(abandon, configuration.shutdownGraceMs).unref();
    Promise.resolve(host?.stop()).then(
      () => exit(exitCode),
      () => exit(exitCode || 1),
    );
  };
  const onFatal = (reason: string): void => {
    if (isStopping) return;
    const message = `An unhandled exception has occurred. Host is shutting down. ${reason}`;
    emit({ event: 'log', level: 'error', category: 'host', message });
    stop(restartExitCode);
  };
  process.on('SIGTERM', () => stop(0));
  process.on('SIGINT', () => stop(0));
  process.on('disconnect', () => stop(0));
  // Its parent was killed before anybody listened.
  if (!process.connected) return stop(0);
  const started = await startHost({
    bundle: options.bundle,
    configuration,
    stateFile: options.stateFile,
    settings: process.env,
    onFatal,
    emit,
  });
  host = started;
  process.on('message', ({ id, functionName, dueAt }: FireTimerCommand) => {
    started.fireTimer(functionName, dueAt).then(
      ({ invocationId, error }) =>
        send({ event: 'fired', id, invocationId, ...(error === undefined ? {} : { error: error.message }) }),
      (error: Error) => send({ event: 'notFired', id, error: error.message }),
    );
  });
}

try {
  await main();
} catch (error) {
  emit({ event: 'failedToStart', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  exit(1);
}
