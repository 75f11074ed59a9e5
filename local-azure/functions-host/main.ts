import { startHost } from './host.ts';
import { hostConfiguration } from './host-configuration.ts';
import { describeEvent, type Emit, type HostEvent } from './host-events.ts';
import { type HostCommand, type HostMessage, type HostProcessOptions, timeoutExitCode } from './host-process.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as HostProcessOptions;
const hasParent = process.send !== undefined;

function tell(message: HostMessage): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

const emit: Emit = (event) => {
  const stamped = { at: Date.now(), ...event } as HostEvent;
  tell(stamped);
  if (options.print === true || !hasParent) process.stdout.write(`${describeEvent(stamped)}\n`);
};

/** Ends the process once the messages under way to the parent are delivered. */
function exit(code: number): void {
  const end = (): never => process.exit(code);
  if (process.connected)
    process.send?.({ event: 'output', at: Date.now(), stream: 'stdout', text: '' }, undefined, {}, end);
  else end();
  setTimeout(end, 1_000).unref();
}

async function main(): Promise<void> {
  const configuration = hostConfiguration(options.hostJson ?? {}, options.overrides);
  const host = await startHost({
    bundle: options.bundle,
    configuration,
    stateFile: options.stateFile,
    settings: process.env,
    onTimeout: () => setImmediate(exit, timeoutExitCode),
    emit,
  });
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    // What still runs then is abandoned, as by a drain of the real host; its message or timer comes again.
    setTimeout(() => exit(0), configuration.shutdownGraceMs).unref();
    host.stop().then(
      () => exit(0),
      () => exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
  process.on('message', (command: HostCommand) => {
    if (command.command === 'stop') return stop();
    const { id } = command;
    host.fireTimer(command.functionName, command.dueAt).then(
      ({ invocationId, error }) =>
        tell({ event: 'fired', id, invocationId, ...(error === undefined ? {} : { error: error.message }) }),
      (error: Error) => tell({ event: 'notFired', id, error: error.message }),
    );
  });
}

try {
  await main();
} catch (error) {
  emit({ event: 'failedToStart', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  exit(1);
}
