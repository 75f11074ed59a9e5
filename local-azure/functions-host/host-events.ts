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
