import type { QueueClient } from '@azure/storage-queue';
import type { HostConfiguration } from './host-configuration.ts';
import type { Emit } from './host-events.ts';
import { createInvoker, type InvocationOutcome } from './invoker.ts';
import { outputMessages } from './queue/output-messages.ts';
import { queueService } from './queue/queue-connection.ts';
import { type QueueTrigger, startQueueTrigger } from './queue/queue-trigger.ts';
import { parseSchedule } from './timer/ncrontab.ts';
import { takeListenerLease, timerState } from './timer/timer-state.ts';
import { createTimerTrigger, type TimerTrigger } from './timer/timer-trigger.ts';
import type { BindingInfo, FunctionMetadata, InvocationResponse } from './worker/core-contract.ts';
import { startWorker } from './worker/worker.ts';

type Settings = Readonly<Record<string, string | undefined>>;

export interface Host {
  /** Fires a timer now, a disabled one too. @param dueAt ISO instant: as if the schedule were due at that occurrence. */
  fireTimer(functionName: string, dueAt: string | undefined): Promise<InvocationOutcome>;
  /** Starts nothing new; resolves when nothing runs any more. */
  stop(): Promise<void>;
  /** Ends what still runs. */
  abandon(): Promise<void>;
}

/** Starts the worker with the application, and the triggers of what it registered. */
export async function startHost(options: {
  bundle: string;
  configuration: HostConfiguration;
  stateFile: string;
  settings: Settings;
  /** Called when the real host would shut down, to be started again by its platform. */
  onFatal: (reason: string) => void;
  emit: Emit;
}): Promise<Host> {
  const { configuration, settings, emit, onFatal } = options;
  const worker = await startWorker({
    bundle: options.bundle,
    restartMs: configuration.workerRestartMs,
    onExhausted: () => onFatal('Exceeded language worker restart retry count for runtime:node.'),
    emit,
  });
  const queue = queueOpener(settings, configuration.serviceRetryDelayMs);
  const timers = new Map<string, TimerTrigger>();
  const queueTriggers: QueueTrigger[] = [];
  const functionErrors: Record<string, string> = {};
  const state = timerState(options.stateFile);
  const stopping = new AbortController();

  const writeOutputs = async (metadata: FunctionMetadata, response: InvocationResponse): Promise<void> => {
    for (const { binding, text } of outputMessages(metadata, response, configuration.messageEncoding)) {
      const target = queue(binding);
      await target.sendMessage(text);
      for (const trigger of queueTriggers) if (trigger.queueName === target.name) trigger.wake();
    }
  };
  const { functionTimeoutMs } = configuration;
  const invoke = createInvoker({ worker, functionTimeoutMs, writeOutputs, emit });
  const queueStarters: (() => void)[] = [];
  const listening: TimerTrigger[] = [];

  for (const metadata of worker.functions) {
    const { name, bindings } = metadata;
    const isDisabled = settings[`AzureWebJobs.${name}.Disabled`]?.toLowerCase() === 'true';
    if (isDisabled)
      emit({ event: 'log', level: 'information', category: 'host', message: `Function '${name}' is disabled` });
    try {
      const [bindingName, trigger] = triggerOf(bindings);
      for (const binding of Object.values(bindings)) if (binding.type === 'queue') queue(binding);
      const common = { metadata, bindingName, configuration, invoke, emit };
      if (trigger.type === 'timerTrigger') {
        const schedule = parseSchedule(resolveReferences(String(trigger.schedule), settings));
        const useMonitor = trigger.useMonitor !== false;
        const runOnStartup = trigger.runOnStartup === true;
        const timer = createTimerTrigger({ ...common, schedule, useMonitor, runOnStartup, state });
        timers.set(name, timer);
        if (!isDisabled) listening.push(timer);
      } else if (trigger.type === 'queueTrigger') {
        const source = queue(trigger);
        const poisonQueue = queue({ ...trigger, queueName: `${source.name}-poison` });
        const onQueueFault = (error: unknown) => onFatal(`Queue "${source.name}" of ${name}: ${describeFault(error)}`);
        const queueOptions = { ...common, queue: source, poisonQueue, onFatal: onQueueFault };
        if (isDisabled) continue;
        queueStarters.push(() => queueTriggers.push(startQueueTrigger(queueOptions)));
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
  emit({ event: 'ready', registrations: worker.functions, functionErrors });
  for (const start of queueStarters) start();
  const leased = takeListenerLease(state, configuration.listenerLeaseMs, stopping.signal).then((isTaken) => {
    if (isTaken) for (const timer of listening) timer.listen();
  });

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
      stopping.abort();
      await leased;
      await Promise.all([...timers.values(), ...queueTriggers].map((trigger) => trigger.stop()));
      await worker.stop();
    },
    abandon: worker.abandon,
  };
}

function triggerOf(bindings: Readonly<Record<string, BindingInfo>>): [string, BindingInfo] {
  const found = Object.entries(bindings).find(([, { type }]) => type.toLowerCase().endsWith('trigger'));
  if (found === undefined) throw new Error('It has no trigger.');
  return found;
}

/** Queue clients by binding; one service client, and so one token and one set of connections, per connection name. */
function queueOpener(settings: Settings, retryDelayMs: number): (binding: BindingInfo) => QueueClient {
  const services = new Map<string, ReturnType<typeof queueService>>();
  return (binding) => {
    const connection = String(binding.connection ?? 'AzureWebJobsStorage');
    const service = services.get(connection) ?? queueService(connection, settings, retryDelayMs);
    services.set(connection, service);
    return service.getQueueClient(resolveReferences(String(binding.queueName), settings).toLowerCase());
  };
}

function describeFault(error: unknown): string {
  const { message, statusCode, details } = error as Error & { statusCode?: number; details?: { errorCode?: string } };
  const answer = statusCode === undefined ? '' : ` Status: ${statusCode}. ErrorCode: ${details?.errorCode ?? ''}.`;
  return `${message.split('\n')[0]}${answer}`;
}

/**
 * Replaces every `%NAME%` by the app setting.
 * @throws in the words of the real host when a setting is missing or empty.
 */
function resolveReferences(text: string, settings: Settings): string {
  return text.replace(/%([^%]+)%/g, (reference, name: string) => {
    const value = settings[name];
    if (value === undefined || value === '') {
      throw new Error(`Microsoft.Azure.WebJobs.Host: '${reference}' does not resolve to a value.`);
    }
    return value;
  });
}
