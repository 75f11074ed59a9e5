import type { FunctionMetadata, LogLevel } from './worker/core-contract.ts';

/** Everything that happens in a host, in order; `at` is in epoch milliseconds. */
export type HostEvent = { readonly at: number } & (
  | {
      readonly event: 'ready';
      readonly registrations: readonly FunctionMetadata[];
      /** Functions that the host could not start, with its reasons; the others run. */
      readonly functionErrors: Readonly<Record<string, string>>;
    }
  | { readonly event: 'failedToStart'; readonly message: string }
  /** The process that runs the functions; it may be replaced while the host goes on. */
  | { readonly event: 'workerStarted'; readonly pid: number }
  | {
      readonly event: 'log';
      readonly level: LogLevel;
      /** `user`: the application's own line; `system`: the worker; `host`: the host. */
      readonly category: 'user' | 'system' | 'host';
      readonly message: string;
      readonly functionName?: string;
      readonly invocationId?: string;
    }
  | { readonly event: 'started'; readonly functionName: string; readonly invocationId: string; readonly reason: string }
  | {
      readonly event: 'finished';
      readonly functionName: string;
      readonly invocationId: string;
      readonly durationMs: number;
      /** The failure; absent when it succeeded. */
      readonly error?: string;
    }
  | {
      readonly event: 'poisoned';
      readonly functionName: string;
      readonly messageId: string;
      readonly reason: 'notDecodable' | 'maxDequeueCount';
    }
  | { readonly event: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
);

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;

export type Emit = (event: WithoutTime<HostEvent>) => void;

/** One line for a person. */
export function describeEvent(event: HostEvent): string {
  const time = new Date(event.at).toISOString();
  switch (event.event) {
    case 'ready': {
      const names = event.registrations.map(({ name }) => name).join(', ');
      return `${time} Host started: ${event.registrations.length} functions found${names && `: ${names}`}`;
    }
    case 'workerStarted':
      return `${time} Worker process ${event.pid} started`;
    case 'failedToStart':
      return `${time} Host failed to start: ${event.message}`;
    case 'log':
      return `${time} [${event.level}] ${event.message}`;
    case 'started':
      return `${time} Executing 'Functions.${event.functionName}' (Reason='${event.reason}', Id=${event.invocationId})`;
    case 'finished': {
      const verdict = event.error === undefined ? 'Succeeded' : 'Failed';
      const line = `Executed 'Functions.${event.functionName}' (${verdict}, Id=${event.invocationId}, Duration=${Math.round(event.durationMs)}ms)`;
      return `${time} ${line}${event.error === undefined ? '' : `\n${event.error}`}`;
    }
    case 'poisoned':
      return `${time} Message ${event.messageId} of ${event.functionName} moved to the poison queue (${event.reason})`;
    case 'output':
      return event.text;
  }
}
