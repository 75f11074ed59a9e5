import { en } from 'zod/locales';
import * as z from 'zod/mini';
import type { EscrowSource } from '../escrow/model/source.ts';
import { defaultBackupsPerSecond, describeSource, isSameSource } from '../escrow/model/source.ts';
import { sourceOfNames } from '../escrow/model/source-names.ts';
import { sourceNamePattern } from '../escrow/model/source-path.ts';
import { placeOfJsonFault } from './json-fault.ts';

const textLike = (pattern: RegExp, fault: string) => z.string().check(z.regex(pattern, fault));
const label = z.optional(
  textLike(/^[\x20-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters, because it becomes blob metadata'),
);
const patterns = z.array(
  textLike(/^[0-9a-zA-Z*?-]{1,127}$/, 'must be a key name or a pattern: letters, digits, dashes, "*" and "?" only'),
);
export const sourceShape = z.strictObject({
  vaultName: z.optional(textLike(sourceNamePattern, 'is not a valid vault name')),
  hsmName: z.optional(textLike(sourceNamePattern, 'is not a valid Managed HSM name')),
  keys: z._default(patterns.check(z.minLength(1, 'must hold at least one pattern, as ["*"]')), ['*']),
  except: z._default(patterns, []),
  retired: z._default(patterns, []),
  maxBackupsPerSecond: z.optional(z.number().check(z.positive(), z.maximum(1000))),
  allowEmpty: z._default(z.boolean(), false),
  subscriptionId: label,
  geography: label,
  securityDomain: label,
});

/** Reads ESCROW_SOURCES. @param text empty where the setting is missing. @param faults collects everything that is wrong with it. */
export function readSources(text: string, faults: string[]): EscrowSource[] {
  if (text === '') return [];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    faults.push(`ESCROW_SOURCES is not valid JSON: look at ${placeOfJsonFault(text)}. Write a JSON array of sources.`);
    return [];
  }
  if (!Array.isArray(json) || json.length === 0) {
    faults.push('ESCROW_SOURCES is not a list of sources. Write a JSON array, as [{"vaultName":"contoso-prod"}].');
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
  const named = sourceOfNames({ vaultName, hsmName });
  if (named === undefined || (vaultName !== undefined && hsmName !== undefined)) {
    faults.push(`${where}: exactly one of "vaultName" and "hsmName" must name the source.`);
    return undefined;
  }
  return {
    ...named,
    keys,
    except,
    retired,
    maxBackupsPerSecond: maxBackupsPerSecond ?? defaultBackupsPerSecond(named.kind),
    allowEmpty,
    place: stripUndefined(place),
  };
}

function stripUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}
