import { clouds } from '../azure/clouds.ts';
import type { SourceSuffixes } from '../escrow/model/key-id.ts';
import type { EscrowSource } from '../escrow/model/source.ts';
import { hostDefaults, parseFunctionTimeout } from './host-json.ts';
import { containerExample, containerPath, createSettingReader } from './setting-reader.ts';
import { readSources } from './source-settings.ts';

/** `backup`: the nightly run and the queue. `audit`: the daily audit. `all`: both in one app, under one identity. */
export type EscrowPart = 'all' | 'backup' | 'audit';

/**
 * The app's settings, checked. Times in milliseconds unless the name says otherwise. What this part of the app does not need may be
 * missing: it throws its SettingsFault when it is used after all.
 */
export interface Settings {
  readonly part: EscrowPart;
  readonly sources: readonly EscrowSource[];
  readonly containerUrl: string;
  readonly auditContainerUrl: string;
  readonly drillContainerUrl: string;
  readonly schedule: string;
  readonly auditSchedule: string;
  readonly queueName: string;
  readonly queueServiceUrl: string;
  readonly fanOut: boolean;
  readonly maxAgeHours: number;
  readonly maxDrillAgeDays: number | undefined;
  readonly suffixes: SourceSuffixes;
  readonly authorityHost: string;
  readonly functionTimeoutMs: number;
  readonly maxDequeueCount: number;
}

/** Every setting that this product reads, documents and deploys. Others are the host's or the identity library's own. */
export const settingNames = [
  'ESCROW_SOURCES',
  'ESCROW_CONTAINER_URL',
  'ESCROW_AUDIT_CONTAINER_URL',
  'ESCROW_DRILL_CONTAINER_URL',
  'ESCROW_PART',
  'ESCROW_SCHEDULE',
  'ESCROW_AUDIT_SCHEDULE',
  'ESCROW_QUEUE_NAME',
  'ESCROW_QUEUE__queueServiceUri',
  'ESCROW_QUEUE__credential',
  'ESCROW_QUEUE__clientId',
  'ESCROW_FAN_OUT',
  'ESCROW_MAX_AGE_HOURS',
  'ESCROW_MAX_DRILL_AGE_DAYS',
  'AZURE_CLOUD',
  'ESCROW_VAULT_DNS_SUFFIX',
  'ESCROW_HSM_DNS_SUFFIX',
  'AZURE_AUTHORITY_HOST',
] as const;

/** The host's own, which override host.json. */
const hostTimeout = 'AzureFunctionsJobHost__functionTimeout';
const hostDequeues = 'AzureFunctionsJobHost__extensions__queues__maxDequeueCount';

type SettingName = (typeof settingNames)[number] | typeof hostTimeout | typeof hostDequeues;

/** All that is wrong with the settings, in one message: each line names the setting and the remedy. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `The settings of keyvault-escrow cannot be used, nothing was started:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

/**
 * Reads the settings from the environment (or from the Values of a settings file).
 * @throws SettingsFault with every fault at once.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const reader = createSettingReader<SettingName>(env, faults, (name): boolean => isNeeded(name, part));
  const part: EscrowPart = reader.oneOf('ESCROW_PART', parts, 'all');
  const cloud = reader.oneOf('AZURE_CLOUD', clouds, 'AzureCloud');
  const containerUrl = reader.url('ESCROW_CONTAINER_URL', containerExample, containerPath);
  const settings: Settings = {
    part,
    sources: readSources(reader.required('ESCROW_SOURCES', 'a JSON array of sources'), faults),
    containerUrl,
    auditContainerUrl: reader.siblingContainer('ESCROW_AUDIT_CONTAINER_URL', containerUrl, '-audits'),
    drillContainerUrl: reader.siblingContainer('ESCROW_DRILL_CONTAINER_URL', containerUrl, '-drills'),
    schedule: reader.schedule('ESCROW_SCHEDULE', '0 0 2 * * *'),
    auditSchedule: reader.schedule('ESCROW_AUDIT_SCHEDULE', '0 0 6 * * *'),
    queueName: reader.matching(
      'ESCROW_QUEUE_NAME',
      /^(?=.{3,56}$)[a-z0-9](?:-?[a-z0-9])*$/,
      'a queue name: 3 to 56 lower-case letters, digits and single dashes, as key-escrow-requests',
    ),
    queueServiceUrl: reader.url('ESCROW_QUEUE__queueServiceUri', 'https://<account>.queue.core.windows.net', /^\/$/),
    fanOut: reader.flag('ESCROW_FAN_OUT', false),
    maxAgeHours: reader.number('ESCROW_MAX_AGE_HOURS', 1) ?? 26,
    maxDrillAgeDays: reader.number('ESCROW_MAX_DRILL_AGE_DAYS', 1),
    suffixes: {
      vault: reader.suffix('ESCROW_VAULT_DNS_SUFFIX') ?? cloud.suffixes.vault,
      managedHsm: reader.suffix('ESCROW_HSM_DNS_SUFFIX') ?? cloud.suffixes.managedHsm,
    },
    authorityHost: reader.authority('AZURE_AUTHORITY_HOST') ?? cloud.authorityHost,
    functionTimeoutMs:
      reader.optional(
        hostTimeout,
        parseFunctionTimeout,
        'hh:mm:ss, as 00:30:00, or -1 for no limit; not less than 00:05:00, because the last calls of a run and its report take minutes',
      ) ?? hostDefaults.functionTimeoutMs,
    maxDequeueCount: reader.optional(hostDequeues, parseCount, 'a whole number from 1') ?? hostDefaults.maxDequeueCount,
  };
  if (faults.length > 0) throw new SettingsFault(faults);
  return withUnneeded(settings);
}

const parts: Readonly<Record<EscrowPart, EscrowPart>> = { all: 'all', backup: 'backup', audit: 'audit' };

/** What only one part needs; every other required setting both parts do. */
const neededByOnePart = [
  { name: 'ESCROW_QUEUE_NAME', member: 'queueName', part: 'backup' },
  { name: 'ESCROW_QUEUE__queueServiceUri', member: 'queueServiceUrl', part: 'backup' },
  { name: 'ESCROW_AUDIT_SCHEDULE', member: 'auditSchedule', part: 'audit' },
] as const satisfies readonly { name: SettingName; member: keyof Settings; part: EscrowPart }[];

function isNeeded(name: SettingName, part: EscrowPart): boolean {
  const only = neededByOnePart.find((one) => one.name === name);
  return part === 'all' || only === undefined || only.part === part;
}

/** The same settings, in which what may be missing, and is, throws when it is used. */
function withUnneeded(settings: Settings): Settings {
  for (const { name, member, part } of neededByOnePart) {
    if (settings[member] !== '') continue;
    Object.defineProperty(settings, member, {
      get() {
        throw new SettingsFault([
          `${name} is missing: ESCROW_PART ${settings.part} does without, part ${part} needs it.`,
        ]);
      },
    });
  }
  return settings;
}

function parseCount(text: string): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
