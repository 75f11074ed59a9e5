import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { clouds } from '../azure/clouds.ts';
import type { SourceSuffixes } from '../escrow/model/key-id.ts';
import { parseSchedule } from '../escrow/model/run-time.ts';
import type { EscrowSource } from '../escrow/model/source.ts';
import { defaultBackupsPerSecond, describeSource, isSameSource } from '../escrow/model/source.ts';
import { sourceNamePattern } from '../escrow/model/source-path.ts';
import { hostDefaults, parseTimeSpan } from './host-json.ts';
import { placeOfJsonFault } from './json-fault.ts';

/** The app's settings, checked. Times in milliseconds unless the name says otherwise. */
export interface Settings {
  readonly sources: readonly EscrowSource[];
  readonly containerUrl: string;
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

const textLike = (pattern: RegExp, fault: string) => z.string().check(z.regex(pattern, fault));
const label = z.optional(
  textLike(/^[\x20-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters, because it becomes blob metadata'),
);
const patterns = z.array(
  textLike(/^[0-9a-zA-Z*?-]{1,127}$/, 'must be a key name or a pattern: letters, digits, dashes, "*" and "?" only'),
);
const sourceShape = z.strictObject({
  vaultName: z.optional(textLike(sourceNamePattern, 'is no vault name')),
  hsmName: z.optional(textLike(sourceNamePattern, 'is no Managed HSM name')),
  keys: z._default(patterns.check(z.minLength(1, 'must hold at least one pattern, as ["*"]')), ['*']),
  except: z._default(patterns, []),
  retired: z._default(patterns, []),
  maxBackupsPerSecond: z.optional(z.number().check(z.positive(), z.maximum(1000))),
  allowEmpty: z._default(z.boolean(), false),
  subscriptionId: label,
  geography: label,
  securityDomain: label,
});

/**
 * Reads the settings from the environment (or from the Values of a settings file).
 * @throws SettingsFault with every fault at once.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const reader = createReader(env, faults);
  const cloud = reader.oneOf('AZURE_CLOUD', clouds, 'AzureCloud');
  const settings: Settings = {
    sources: readSources(reader.required('ESCROW_SOURCES', 'a JSON array of sources'), faults),
    containerUrl: reader.url(
      'ESCROW_CONTAINER_URL',
      'https://<account>.blob.core.windows.net/<container>',
      /^\/[^/]+$/,
    ),
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
      reader.optional(hostTimeout, parseTimeSpan, 'hh:mm:ss, as 00:30:00, or -1 for no limit') ??
      hostDefaults.functionTimeoutMs,
    maxDequeueCount: reader.optional(hostDequeues, parseCount, 'a whole number from 1') ?? hostDefaults.maxDequeueCount,
  };
  if (faults.length > 0) throw new SettingsFault(faults);
  return settings;
}

function readSources(text: string, faults: string[]): EscrowSource[] {
  if (text === '') return [];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    faults.push(`ESCROW_SOURCES is no JSON: look at ${placeOfJsonFault(text)}. Write a JSON array of sources.`);
    return [];
  }
  if (!Array.isArray(json) || json.length === 0) {
    faults.push('ESCROW_SOURCES names no source. Write a JSON array, as [{"vaultName":"contoso-prod"}].');
    return [];
  }
  const sources: EscrowSource[] = [];
  for (const [index, item] of json.entries()) {
    const source = readSource(item, `ESCROW_SOURCES[${index}]`, faults);
    if (source === undefined) continue;
    if (sources.some((earlier) => isSameSource(earlier, source))) {
      faults.push(`ESCROW_SOURCES[${index}]: ${describeSource(source)} is there twice. Merge the two entries.`);
    }
    sources.push(source);
  }
  return sources;
}

function readSource(item: unknown, where: string, faults: string[]): EscrowSource | undefined {
  const parsed = sourceShape.safeParse(item, { error: en().localeError });
  if (!parsed.success) {
    for (const { path, message, code } of parsed.error.issues) {
      const remedy = code === 'unrecognized_keys' ? ` Known: ${Object.keys(sourceShape.shape).join(', ')}.` : '';
      faults.push(`${[where, ...path].join('.')}: ${message}.${remedy}`);
    }
    return undefined;
  }
  const { vaultName, hsmName, keys, except, retired, maxBackupsPerSecond, allowEmpty, ...place } = parsed.data;
  if ((vaultName === undefined) === (hsmName === undefined)) {
    faults.push(`${where}: exactly one of "vaultName" and "hsmName" must name the source.`);
    return undefined;
  }
  const kind = vaultName === undefined ? 'managedHsm' : 'vault';
  return {
    kind,
    name: (vaultName ?? hsmName ?? '').toLowerCase(),
    keys,
    except,
    retired,
    maxBackupsPerSecond: maxBackupsPerSecond ?? defaultBackupsPerSecond(kind),
    allowEmpty,
    place: stripUndefined(place),
  };
}

function stripUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}

/** Readers of single settings: each notes its fault and goes on, so that all are told at once. */
function createReader(env: Readonly<Record<string, string | undefined>>, faults: string[]) {
  const read = (name: SettingName): string | undefined => env[name]?.trim() || undefined;
  const required = (name: SettingName, what: string): string => {
    const value = read(name);
    if (value === undefined) faults.push(`${name} is missing. Set it to ${what}.`);
    return value ?? '';
  };
  const optional = <T>(name: SettingName, parse: (text: string) => T | undefined, what: string): T | undefined => {
    const text = read(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) faults.push(`${name} is ${shown(text)}. Set it to ${what}.`);
    return value;
  };
  const matching = (name: SettingName, pattern: RegExp, what: string): string => {
    const value = required(name, what);
    if (value !== '' && !pattern.test(value)) faults.push(`${name} is ${shown(value)}. Set it to ${what}.`);
    return value;
  };
  /** A URL that says where and nothing else. */
  const place = (name: SettingName, text: string, example: string): URL | undefined => {
    const url = URL.parse(text);
    if (url === null) faults.push(`${name} is no URL. Set it to ${example}.`);
    else if (url.protocol !== 'https:') faults.push(`${name} is not https. Set it to ${example}.`);
    else if (url.search || url.hash || url.username || url.password) {
      // Never echoed: what follows the path may be a shared access signature.
      faults.push(
        `${name} carries more than a place (a query, a fragment or a user). Set it to ${example}; access is by identity.`,
      );
    } else return url;
    return undefined;
  };
  const textOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`.replace(/\/+$/, '');
  return {
    required,
    optional,
    matching,
    url(name: SettingName, example: string, path: RegExp): string {
      const text = required(name, example);
      const url = text === '' ? undefined : place(name, text, example);
      if (url === undefined) return '';
      if (url.port) faults.push(`${name} names a port. Set it to ${example}.`);
      else if (!path.test(url.pathname)) faults.push(`${name} has an unexpected path. Set it to ${example}.`);
      return textOf(url);
    },
    schedule(name: SettingName, example: string): string {
      const text = required(name, `an NCRONTAB expression of six fields in UTC, as ${example}`);
      if (text === '') return text;
      try {
        parseSchedule(text);
      } catch (error) {
        const reason = isHarmless(text) ? `: ${(error as Error).message}` : '';
        faults.push(
          `${name} is ${shown(text)}${reason}. Set it to an NCRONTAB expression of six fields in UTC, as ${example}.`,
        );
      }
      return text;
    },
    oneOf<T>(name: SettingName, choices: Readonly<Record<string, T>>, fallback: string): T {
      const known = Object.keys(choices);
      const text = read(name) ?? fallback;
      const chosen = known.find((choice) => choice.toLowerCase() === text.toLowerCase());
      if (chosen === undefined) faults.push(`${name} is ${shown(text)}. Set it to one of ${known.join(', ')}.`);
      return choices[chosen ?? fallback] as T;
    },
    flag: (name: SettingName, fallback: boolean): boolean => optional(name, parseFlag, 'true or false') ?? fallback,
    number: (name: SettingName, least: number): number | undefined =>
      optional(
        name,
        (text) => (Number(text) >= least && Number(text) < 1e6 ? Number(text) : undefined),
        `a number from ${least}`,
      ),
    suffix: (name: SettingName): string | undefined =>
      optional(
        name,
        (text) => (isDnsSuffix(text) ? text : undefined),
        'a DNS suffix without a leading dot, as vault.azure.net',
      ),
    authority(name: SettingName): string | undefined {
      const text = read(name);
      const url = text === undefined ? undefined : place(name, text, 'https://login.microsoftonline.com');
      return url && textOf(url);
    },
  };
}

// The URL standard has the last word: a suffix that ends in a number, or in broken punycode, makes no host.
function isDnsSuffix(text: string): boolean {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text) && URL.parse(`https://source.${text}`)?.hostname === `source.${text}`;
}

// A connection string or a signed URL pasted into the wrong setting must not reach the log. No good value looks like one.
function isHarmless(text: string): boolean {
  return text.length <= 32 && !/[=@;~]/.test(text);
}

function shown(text: string): string {
  return isHarmless(text)
    ? JSON.stringify(text)
    : `unusable (${text.length} characters, not shown because they may be a secret)`;
}

function parseCount(text: string): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}

function parseFlag(text: string): boolean | undefined {
  if (text.toLowerCase() === 'true') return true;
  return text.toLowerCase() === 'false' ? false : undefined;
}
