import { createRequire } from 'node:module';
import type { QueueClient } from '@azure/storage-queue';
import { type CoreRegistrations, provideCoreApi, type RegisteredFunction } from './core-api.ts';
import type { BindingInfo, InvocationResponse } from './core-contract.ts';
import type { HostConfiguration } from './host-configuration.ts';
import type { Emit } from './host-events.ts';
import { createInvoker, type InvocationOutcome } from './invoker.ts';
import { parseSchedule } from './ncrontab.ts';
import { outputMessages } from './output-queues.ts';
import { queueService } from './queue-connection.ts';
import { type QueueTrigger, startQueueTrigger } from './queue-trigger.ts';
import { resolveReferences } from './setting-references.ts';
import { timerState } from './timer-state.ts';
import { startTimerTrigger, type TimerTrigger } from './timer-trigger.ts';

type Settings = Readonly<Record<string, string | undefined>>;

export interface Host {
  /** Fires a timer now. @param dueAt ISO instant: as if the schedule were due at that occurrence. */
  fireTimer(functionName: string, dueAt: string | undefined): Promise<InvocationOutcome>;
  /** Starts nothing new; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Loads the application and starts its triggers in this process. @throws when the application does not load. */
export async function startHost(options: {
  bundle: string;
  configuration: HostConfiguration;
  stateFile: string | undefined;
  settings: Settings;
  /** Called when a function outlived functionTimeout: the process must end now. */
  onTimeout: () => void;
  emit: Emit;
}): Promise<Host> {
  const { configuration, settings, emit, onTimeout } = options;
  const registrations = await loadApplication(options.bundle, emit);
  const queue = queueOpener(settings);
  const timers = new Map<string, TimerTrigger>();
  const queueTriggers: QueueTrigger[] = [];
  const functionErrors: Record<string, string> = {};
  const state = timerState(options.stateFile);
  const { messageEncoding } = configuration.queues;

  const writeOutputs = async (registered: RegisteredFunction, response: InvocationResponse): Promise<void> => {
    for (const { binding, text } of outputMessages(registered.metadata, response, messageEncoding)) {
      const target = queue(binding);
      await target.sendMessage(text);
      for (const trigger of queueTriggers) if (trigger.queueName === target.name) trigger.wake();
    }
  };
  const { functionTimeoutMs } = configuration;
  const invoke = createInvoker({ registrations, functionTimeoutMs, writeOutputs, emit });
  const starters: (() => void)[] = [];

  for (const registered of registrations.functions.values()) {
    const { name, bindings } = registered.metadata;
    if (settings[`AzureWebJobs.${name}.Disabled`]?.toLowerCase() === 'true') continue;
    try {
      const [bindingName, trigger] = triggerOf(bindings);
      for (const binding of Object.values(bindings)) if (binding.type === 'queue') queue(binding);
      const common = { registered, bindingName, invoke, onTimeout, emit };
      if (trigger.type === 'timerTrigger') {
        const schedule = parseSchedule(resolveReferences(String(trigger.schedule), settings));
        const useMonitor = trigger.useMonitor !== false;
        const runOnStartup = trigger.runOnStartup === true;
        const timer = { ...common, schedule, useMonitor, runOnStartup, state, configuration };
        starters.push(() => timers.set(name, startTimerTrigger(timer)));
      } else if (trigger.type === 'queueTrigger') {
        const source = queue(trigger);
        const poisonQueue = queue({ ...trigger, queueName: `${source.name}-poison` });
        const queueOptions = { ...common, queue: source, poisonQueue, configuration: configuration.queues };
        starters.push(() => queueTriggers.push(startQueueTrigger(queueOptions)));
      } else {
        throw new Error(`The local host has no trigger of type "${trigger.type}".`);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      functionErrors[name] = message;
      const text = `The '${name}' function is in error: ${message}`;
      emit({ event: 'log', level: 'error', category: 'host', functionName: name, message: text });
    }
  }
  // Ready first: what follows at once, a past-due timer, comes after it in the record.
  emit({
    event: 'ready',
    registrations: [...registrations.functions.values()].map(({ metadata }) => metadata),
    functionErrors,
  });
  for (const start of starters) start();

  return {
    async fireTimer(functionName, dueAt) {
      const timer = timers.get(functionName);
      if (timer === undefined) {
        const known = [...timers.keys()].join(', ') || 'none';
        throw new Error(`No timer "${functionName}" runs here. Timers: ${known}.`);
      }
      return await (dueAt === undefined ? timer.fire() : timer.fireDue(new Date(dueAt)));
    },
    async stop() {
      await Promise.all([...timers.values(), ...queueTriggers].map((trigger) => trigger.stop()));
      await registrations.runHooks('appTerminate', { hookData: {} });
    },
  };
}

async function loadApplication(bundle: string, emit: Emit): Promise<CoreRegistrations> {
  const registrations = provideCoreApi((level, category, message) => emit({ event: 'log', level, category, message }));
  createRequire(import.meta.url)(bundle);
  if (registrations.functions.size === 0) {
    throw new Error(`No job functions found in ${bundle}: it has to register them while it loads.`);
  }
  await registrations.model().getCapabilities?.({});
  await registrations.runHooks('appStart', { hookData: {} });
  registrations.close();
  return registrations;
}

function triggerOf(bindings: Readonly<Record<string, BindingInfo>>): [string, BindingInfo] {
  const found = Object.entries(bindings).find(([, { type }]) => type.toLowerCase().endsWith('trigger'));
  if (found === undefined) throw new Error('It has no trigger.');
  return found;
}

/** Queue clients by binding; one service client, and so one token and one set of connections, per connection name. */
function queueOpener(settings: Settings): (binding: BindingInfo) => QueueClient {
  const services = new Map<string, ReturnType<typeof queueService>>();
  return (binding) => {
    const connection = String(binding.connection ?? 'AzureWebJobsStorage');
    const service = services.get(connection) ?? queueService(connection, settings);
    services.set(connection, service);
    return service.getQueueClient(resolveReferences(String(binding.queueName), settings).toLowerCase());
  };
}
