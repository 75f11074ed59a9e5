import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { type CoreRegistrations, provideCoreApi } from './core-api.ts';
import type { CoreInvocationContext, InvocationRequest, InvocationResponse } from './core-contract.ts';
import type { WorkerCommand, WorkerFailure, WorkerMessage } from './worker-protocol.ts';

/* The worker process: it loads the application and runs its functions, as the Node worker of the real host does. */

function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

// The host decides when its worker ends. Ctrl-C reaches both, and the host may still be waiting for a function.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));

async function load(bundle: string): Promise<CoreRegistrations | undefined> {
  const registrations = provideCoreApi((level, category, text) => send({ message: 'log', level, category, text }));
  try {
    createRequire(import.meta.url)(bundle);
    await registrations.model().getCapabilities?.({});
  } catch (error) {
    const reason = `Worker was unable to load entry point "${basename(bundle)}": ${describe(error).message}`;
    send({ message: 'notLoaded', reason, isReported: registrations.functions.size > 0 });
    return undefined;
  }
  registrations.close();
  return registrations;
}

async function run(
  registrations: CoreRegistrations,
  functionName: string,
  invocationId: string,
  request: InvocationRequest,
): Promise<InvocationResponse> {
  const registered = registrations.functions.get(functionName);
  if (registered === undefined) throw new Error(`Function code for '${functionName}' is not loaded.`);
  const coreContext: CoreInvocationContext = {
    invocationId,
    metadata: registered.metadata,
    request,
    log: (level, category, text) => send({ message: 'log', level, category, text, functionName, invocationId }),
  };
  const model = registrations.model().getInvocationModel(coreContext);
  const { context, inputs } = await model.getArguments();
  // What is thrown as null or undefined is no failure to the real worker (InvocationHandler).
  const result = await model.invokeFunction(context, inputs, registered.callback).catch((thrown: unknown) => {
    if (thrown != null) throw thrown;
  });
  return await model.getResponse(context, result);
}

function describe(error: unknown): WorkerFailure {
  if (!(error instanceof Error)) return { message: String(error), stack: String(error) };
  return { message: error.message, stack: error.stack ?? `${error.name}: ${error.message}` };
}

const registrations = await load(process.argv[2] ?? '');
process.on('message', async (command: WorkerCommand) => {
  if (command.command === 'terminate') process.exit(0);
  if (registrations === undefined) return;
  const { invocationId, functionName, request } = command;
  try {
    const response = await run(registrations, functionName, invocationId, request);
    send({ message: 'succeeded', invocationId, response });
  } catch (error) {
    send({ message: 'failed', invocationId, error: describe(error) });
  }
});
if (registrations !== undefined) {
  send({ message: 'loaded', functions: [...registrations.functions.values()].map(({ metadata }) => metadata) });
}
