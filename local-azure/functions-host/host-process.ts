import type { HostJson, HostOverrides } from './host-configuration.ts';
import type { HostEvent } from './host-events.ts';

/** The command-line argument of a host process, as JSON. Its app settings are its environment. */
export interface HostProcessOptions {
  /** Absolute path of the built CommonJS application. */
  readonly bundle: string;
  readonly hostJson: HostJson;
  readonly overrides?: HostOverrides;
  /** Where timer statuses outlive the process. */
  readonly stateFile: string;
  /** Its parent's. The host removes it where its parent cannot: when it was killed. */
  readonly folder: string;
}

/** What the parent asks of it; it stops on SIGTERM. */
export interface FireTimerCommand {
  readonly id: number;
  readonly functionName: string;
  readonly dueAt?: string;
}

export type HostMessage =
  | HostEvent
  | { readonly event: 'fired'; readonly id: number; readonly invocationId?: string; readonly error?: string }
  /** There is no such timer or occurrence. */
  | { readonly event: 'notFired'; readonly id: number; readonly error: string };

/** The host gave up and shut down, as the real one does, and wants to be started again. */
export const restartExitCode = 75;
