import { en } from 'zod/locales';
import * as z from 'zod/mini';
import {
  defaultBackupsPerSecond,
  describeSource,
  type EscrowSource,
  isSameSource,
  type SourceId,
  type SourceNames,
  sourceNamePattern,
  sourceOfNames,
} from '../escrow/model/source.ts';
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
export function readSources(text: string, faults: string[]): readonly EscrowSource[] {
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
    const where = `ESCROW_SOURCES[${index}]`;
    const entry = checkEntry(sourceShape, item, where, faults);
    const named = entry && checkName(entry, sources, where, faults);
    if (entry !== undefined && named !== undefined) sources.push(sourceFrom(entry, named));
  }
  return sources;
}

/** One entry of a list of sources, with the right form; every fault is noted with its place. */
export function checkEntry<Shape extends z.ZodMiniObject>(
  shape: Shape,
  item: unknown,
  where: string,
  faults: string[],
): z.infer<Shape> | undefined {
  const parsed = shape.safeParse(item, { error: en().localeError });
  for (const { path, message, code } of parsed.error?.issues ?? []) {
    const remedy = code === 'unrecognized_keys' ? ` Known: ${Object.keys(shape.shape).join(', ')}.` : '';
    faults.push(`${[where, ...path].join('.')}: ${message}.${remedy}`);
  }
  return parsed.data;
}

/** The source that an entry is about, which must be one, and a new one. */
export function checkName(
  { vaultName, hsmName }: SourceNames,
  earlier: readonly SourceId[],
  where: string,
  faults: string[],
): SourceId | undefined {
  const named = sourceOfNames({ vaultName, hsmName });
  if (named === undefined || (vaultName !== undefined && hsmName !== undefined)) {
    faults.push(`${where}: exactly one of "vaultName" and "hsmName" must name the source.`);
    return undefined;
  }
  if (earlier.some((other) => isSameSource(other, named))) {
    faults.push(`${where}: ${describeSource(named)} is there twice. Merge the two entries.`);
  }
  return named;
}

function sourceFrom(entry: z.infer<typeof sourceShape>, named: SourceId): EscrowSource {
  const { vaultName: _vault, hsmName: _hsm, maxBackupsPerSecond, keys, except, retired, allowEmpty, ...place } = entry;
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
