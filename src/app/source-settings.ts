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
const label = z.exactOptional(
  textLike(/^[\x20-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters, because it becomes blob metadata'),
);
const patterns = z.array(
  textLike(/^[0-9a-zA-Z*?-]{1,127}$/, 'must be a key name or a pattern: letters, digits, dashes, "*" and "?" only'),
);

/** Of every entry of a list of sources. Nothing more is checked of one that breaks it. */
export const oneName = z.refine<SourceNames>(
  ({ vaultName, hsmName }) => (vaultName === undefined) !== (hsmName === undefined),
  { error: 'exactly one of "vaultName" and "hsmName" must name the source', abort: true },
);

export const sourceShape = z
  .strictObject({
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
  })
  .check(oneName);

/** Reads ESCROW_SOURCES. @param text empty where the setting is missing. @param faults collects everything that is wrong with it. */
export function readSources(text: string, faults: string[]): readonly EscrowSource[] {
  if (text === '') return [];
  const faultsBefore = faults.length;
  const entries = readEntries(sourceShape, text, 'ESCROW_SOURCES', faults);
  if (entries.length === 0 && faults.length === faultsBefore) faults.push(notAList('ESCROW_SOURCES'));
  return entries.map(sourceFrom);
}

/**
 * The entries of a JSON array of sources that have the right form.
 * @param place of the array, as the faults name it: each begins with its own place there.
 */
export function readEntries<Shape extends z.ZodMiniObject & z.ZodMiniType<SourceNames>>(
  shape: Shape,
  text: string,
  place: string,
  faults: string[],
): z.infer<Shape>[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    faults.push(`${place} is not valid JSON: look at ${placeOfJsonFault(text)}. Write a JSON array of sources.`);
    return [];
  }
  if (!Array.isArray(json)) {
    faults.push(notAList(place));
    return [];
  }
  const sources: SourceId[] = [];
  return json.flatMap((item, index) => {
    const where = `${place}[${index}]`;
    const { data, error } = shape.safeParse(item, { error: en().localeError });
    for (const { path, message, code } of error?.issues ?? []) {
      const remedy = code === 'unrecognized_keys' ? ` Known: ${Object.keys(shape.shape).join(', ')}.` : '';
      faults.push(`${[where, ...path].join('.')}: ${message}.${remedy}`);
    }
    if (data === undefined) return [];
    const named = sourceOf(data);
    if (sources.some((other) => isSameSource(other, named))) {
      faults.push(`${where}: ${describeSource(named)} is there twice. Merge the two entries.`);
    }
    sources.push(named);
    return [data];
  });
}

function notAList(place: string): string {
  return `${place} is not a list of sources. Write a JSON array, as [{"vaultName":"contoso-prod"}].`;
}

/** The source that an entry is about. @throws when it names none, which its shape refuses. */
export function sourceOf(entry: SourceNames): SourceId {
  const source = sourceOfNames(entry);
  if (source === undefined) throw new Error('An entry without a name.');
  return source;
}

function sourceFrom(entry: z.infer<typeof sourceShape>): EscrowSource {
  const { vaultName, hsmName, maxBackupsPerSecond, keys, except, retired, allowEmpty, ...place } = entry;
  const named = sourceOf({ vaultName, hsmName });
  const pace = maxBackupsPerSecond ?? defaultBackupsPerSecond(named.kind);
  return { ...named, keys, except, retired, maxBackupsPerSecond: pace, allowEmpty, place };
}
