import type { HostJson, HostOverrides } from './host-configuration.ts';
import type { HostEvent } from './host-events.ts';

/** The command-line argument of a host process, as JSON. Its app settings are its environment. Without a parent it prints its events. */
export interface HostProcessOptions {
  /** Absolute path of the built CommonJS application. */
  readonly bundle: string;
  readonly hostJson: HostJson;
  readonly overrides?: HostOverrides;
  /** Where timer statuses outlive the host; without it, they outlive its processes only. */
  readonly stateFile?: string;
}

export type HostCommand =
  | { readonly command: 'fireTimer'; readonly id: number; readonly functionName: string; readonly dueAt?: string }
  | { readonly command: 'stop' };

export type HostMessage =
  | HostEvent
  | { readonly event: 'fired'; readonly id: number; readonly invocationId?: string; readonly error?: string }
  /** The command itself was impossible. */
  | { readonly event: 'notFired'; readonly id: number; readonly error: string };

/** The host gave up and shut down, as the real one does, and wants to be started again. */
export const restartExitCode = 75;
