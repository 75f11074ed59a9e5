/** host.json, as far as the local host reads it. Numbers may be texts where an app setting gave them. */
export interface HostJson {
  readonly functionTimeout?: string;
  readonly extensions?: {
    readonly queues?: {
      readonly batchSize?: number | string;
      readonly newBatchThreshold?: number | string;
      readonly maxDequeueCount?: number | string;
      readonly visibilityTimeout?: string;
      readonly maxPollingInterval?: string;
      readonly messageEncoding?: string;
    };
  };
  readonly [section: string]: unknown;
}

/** Times in milliseconds, which tests change so that minutes become moments. */
interface HostTimes {
  /** Undefined: unbounded. */
  readonly functionTimeoutMs: number | undefined;
  /** How long a failed message stays invisible. */
  readonly visibilityTimeoutMs: number;
  readonly maxPollingIntervalMs: number;
  /** How long a received message is invisible before it is renewed; what a killed host leaves behind. At least 1 s. */
  readonly messageLeaseMs: number;
  /** Instead of every delay of a timer's retry policy. */
  readonly timerRetryDelayMs: number | undefined;
  /** How long before its occurrence a timer fires; a random part of a second when undefined. */
  readonly fireEarlyMs: number | undefined;
  /** The first delay between the tries of a call to the queue service or for a token; each further one is doubled. */
  readonly serviceRetryDelayMs: number;
  /** How long a stopping host waits for what is running. */
  readonly shutdownGraceMs: number;
  /** How long no other host's timers listen after this one was killed. */
  readonly listenerLeaseMs: number;
  /** How long after its end a worker is replaced. */
  readonly workerRestartMs: number;
  /** How long after its end a host that gave up is started again. */
  readonly hostRestartMs: number;
}

export type HostOverrides = Partial<HostTimes>;

export interface HostConfiguration extends HostTimes {
  readonly batchSize: number;
  readonly newBatchThreshold: number;
  readonly maxDequeueCount: number;
  readonly messageEncoding: 'base64' | 'none';
}

/** The real host's own times, which host.json does not say. */
export const hostTimes = {
  messageLeaseMs: 600_000,
  timerRetryDelayMs: undefined,
  fireEarlyMs: undefined,
  serviceRetryDelayMs: 800,
  shutdownGraceMs: 10_000,
  listenerLeaseMs: 60_000,
  workerRestartMs: 12_000,
  hostRestartMs: 1_000,
};

/**
 * The real host's defaults, then host.json, then the overrides.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#host-json
 */
export function hostConfiguration(hostJson: HostJson, overrides: HostOverrides = {}): HostConfiguration {
  const { functionTimeout = '00:30:00', extensions } = hostJson;
  const queues = extensions?.queues ?? {};
  // The real default of the polling interval is a minute, two seconds under the Core Tools, which this host stands beside.
  const { messageEncoding = 'base64', visibilityTimeout = '00:00:00', maxPollingInterval = '00:00:02' } = queues;
  const batchSize = Number(queues.batchSize ?? 16);
  if (messageEncoding !== 'base64' && messageEncoding !== 'none') {
    throw new Error(`host.json: extensions.queues.messageEncoding "${messageEncoding}" is not one of base64, none.`);
  }
  if (batchSize < 1 || batchSize > 32)
    throw new Error(`host.json: extensions.queues.batchSize ${batchSize}: use 1 to 32.`);
  return {
    ...hostTimes,
    functionTimeoutMs: functionTimeout === '-1' ? undefined : timeSpan('functionTimeout', functionTimeout),
    visibilityTimeoutMs: timeSpan('extensions.queues.visibilityTimeout', visibilityTimeout),
    maxPollingIntervalMs: timeSpan('extensions.queues.maxPollingInterval', maxPollingInterval),
    batchSize,
    newBatchThreshold: Number(queues.newBatchThreshold ?? Math.floor(batchSize / 2)),
    maxDequeueCount: Number(queues.maxDequeueCount ?? 5),
    messageEncoding,
    ...overrides,
  };
}

const settingPrefix = 'AzureFunctionsJobHost__';

/** host.json with what app settings such as `AzureFunctionsJobHost__functionTimeout` put over it. */
export function withHostSettings(hostJson: HostJson, settings: Readonly<Record<string, string | undefined>>): HostJson {
  const result: Section = structuredClone(hostJson);
  for (const [setting, value] of Object.entries(settings)) {
    if (value === undefined || !setting.startsWith(settingPrefix)) continue;
    const path = setting.slice(settingPrefix.length).split('__');
    const last = path.pop() ?? '';
    const section = path.reduce(subsection, result);
    section[nameIn(section, last)] = value;
  }
  return result;
}

type Section = Record<string, unknown>;

function subsection(section: Section, wanted: string): Section {
  const name = nameIn(section, wanted);
  const found = section[name];
  const inner: Section = typeof found === 'object' && found !== null ? (found as Section) : {};
  section[name] = inner;
  return inner;
}

/** Names are compared without case. */
function nameIn(section: Section, wanted: string): string {
  return Object.keys(section).find((name) => name.toLowerCase() === wanted.toLowerCase()) ?? wanted;
}

function timeSpan(name: string, text: string): number {
  const parts = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?$/.exec(text);
  if (parts === null) throw new Error(`host.json: ${name} "${text}" is not a time span: use hh:mm:ss.`);
  const [, days = '0', hours, minutes, seconds, fraction = '0'] = parts;
  const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1000 + Math.round(Number(`0.${fraction}`) * 1000);
}
