import { clouds } from '../azure/clouds.ts';
import { accountNameOf } from '../azure/storage-account.ts';
import { hostDefaults, parseFunctionTimeout } from './host-json.ts';
import { createSettingReader, type Environment } from './setting-reader.ts';
import { readSources } from './source-settings.ts';
import { UsageFault } from './usage-fault.ts';

/** `backup`: the nightly run and the queue. `audit`: the daily audit. `all`: both in one app, under one identity. */
export type EscrowPart = 'all' | 'backup' | 'audit';

/**
 * The app's settings, checked. Times in milliseconds unless the name says otherwise. What this part of the app does not need may be
 * missing: it throws its SettingsFault when it is used after all.
 */
export type Settings = Readonly<ReturnType<typeof readAll>>;

/** Every setting that this product reads, documents and deploys. Others are the host's or the identity library's own. */
export const settingNames = [
  'ESCROW_SOURCES',
  'ESCROW_CONTAINER_URL',
  'ESCROW_AUDIT_CONTAINER_URL',
  'ESCROW_DRILL_CONTAINER_URL',
  'ESCROW_ACCOUNT_ID',
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
  'ESCROW_OWNER',
  'AZURE_CLOUD',
  'ESCROW_VAULT_DNS_SUFFIX',
  'ESCROW_HSM_DNS_SUFFIX',
  'AZURE_AUTHORITY_HOST',
  'AZURE_RESOURCE_MANAGER_URL',
] as const;

/** The host's own, which override host.json. */
const hostTimeout = 'AzureFunctionsJobHost__functionTimeout';
const hostDequeues = 'AzureFunctionsJobHost__extensions__queues__maxDequeueCount';

type SettingName = (typeof settingNames)[number] | typeof hostTimeout | typeof hostDequeues;

/** All that is wrong with the settings, in one message: each line names the setting and the remedy. */
export class SettingsFault extends UsageFault {
  override readonly name = 'SettingsFault';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `The settings of keyvault-escrow cannot be used, nothing was started:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
      'Set them in the environment, or name a settings file: --settings local.settings.json.',
      { code: 'settings' },
    );
    this.faults = faults;
  }
}

/**
 * Reads the settings from the environment (or from the Values of a settings file).
 * @param user the app needs all that its part uses. A command needs only what it uses: the rest may be missing, and a folder may
 *   stand for a container.
 * @throws SettingsFault with every fault at once.
 */
export function readSettings(env: Environment, user: 'app' | 'command' = 'app'): Settings {
  const faults: string[] = [];
  const settings = readAll(env, user, faults);
  if (faults.length > 0) throw new SettingsFault(faults);
  return withUnneeded(settings);
}

function readAll(env: Environment, user: 'app' | 'command', faults: string[]) {
  const isNeeded = (name: SettingName): boolean => user === 'app' && isNeededBy(part, name);
  const reader = createSettingReader<SettingName>(env, faults, isNeeded, user === 'command');
  const part: EscrowPart = reader.oneOf('ESCROW_PART', parts, 'all');
  const cloud = reader.oneOf('AZURE_CLOUD', clouds, 'AzureCloud');
  const containerUrl = reader.container('ESCROW_CONTAINER_URL');
  return {
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
    /** Resource id of the escrow's storage account: where the audit reads how long it keeps what lies in it. */
    accountId: reader.optional(
      'ESCROW_ACCOUNT_ID',
      (text) => parseAccountId(text, containerUrl),
      "the resource id of the container's own storage account: /subscriptions/…/providers/Microsoft.Storage/storageAccounts/<account>",
    ),
    /** Who answers for the escrow, as the page says it. */
    owner: reader.optional('ESCROW_OWNER', parseOwner, 'a name of 1 to 128 printable characters'),
    suffixes: {
      vault: reader.suffix('ESCROW_VAULT_DNS_SUFFIX') ?? cloud.suffixes.vault,
      managedHsm: reader.suffix('ESCROW_HSM_DNS_SUFFIX') ?? cloud.suffixes.managedHsm,
    },
    authorityHost: reader.endpoint('AZURE_AUTHORITY_HOST', cloud.authorityHost),
    /** Azure Resource Manager, which `discover`, `doctor` and the audit ask. */
    resourceManagerUrl: reader.endpoint('AZURE_RESOURCE_MANAGER_URL', cloud.resourceManager),
    functionTimeoutMs:
      reader.optional(
        hostTimeout,
        parseFunctionTimeout,
        'hh:mm:ss, as 00:30:00, or -1 for no limit; not less than 00:05:00, because the last calls of a run and its report take minutes',
      ) ?? hostDefaults.functionTimeoutMs,
    maxDequeueCount: reader.optional(hostDequeues, parseCount, 'a whole number from 1') ?? hostDefaults.maxDequeueCount,
  };
}

const parts: Readonly<Record<EscrowPart, EscrowPart>> = { all: 'all', backup: 'backup', audit: 'audit' };

/** What may be missing: for a command, and where only one part of the app needs it for the other. */
const dispensable = [
  { name: 'ESCROW_CONTAINER_URL', member: 'containerUrl' },
  { name: 'ESCROW_CONTAINER_URL', member: 'auditContainerUrl' },
  { name: 'ESCROW_CONTAINER_URL', member: 'drillContainerUrl' },
  { name: 'ESCROW_SCHEDULE', member: 'schedule' },
  { name: 'ESCROW_QUEUE_NAME', member: 'queueName', part: 'backup' },
  { name: 'ESCROW_QUEUE__queueServiceUri', member: 'queueServiceUrl', part: 'backup' },
  { name: 'ESCROW_AUDIT_SCHEDULE', member: 'auditSchedule', part: 'audit' },
] as const satisfies readonly { name: SettingName; member: keyof Settings; part?: EscrowPart }[];

function isNeededBy(part: EscrowPart, name: SettingName): boolean {
  const only = dispensable.find((one) => one.name === name);
  return part === 'all' || only === undefined || !('part' in only) || only.part === part;
}

/** The same settings, in which what may be missing, and is, throws when it is used. */
function withUnneeded(settings: Settings): Settings {
  for (const { name, member, ...one } of dispensable) {
    if (settings[member] !== '') continue;
    Object.defineProperty(settings, member, {
      get() {
        throw new SettingsFault([
          'part' in one && settings.part !== 'all'
            ? `${name} is missing: ESCROW_PART ${settings.part} does without, part ${one.part} needs it.`
            : `${name} is missing, and this needs it. Set it as the app has it.`,
        ]);
      },
    });
  }
  return settings;
}

/** Whether a setting that may be missing is there. */
export function isSet(settings: Settings, member: (typeof dispensable)[number]['member']): boolean {
  return Object.getOwnPropertyDescriptor(settings, member)?.get === undefined;
}

/** What another account keeps would say nothing of this escrow. */
function parseAccountId(text: string, containerUrl: string): string | undefined {
  const account = accountNameOf(text);
  const isOther = containerUrl !== '' && new URL(containerUrl).hostname.split('.')[0] !== account;
  return account === undefined || isOther ? undefined : text;
}

function parseOwner(text: string): string | undefined {
  return /^[\p{L}\p{N}\p{P}\p{S} ]{1,128}$/u.test(text) ? text : undefined;
}

function parseCount(text: string): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
