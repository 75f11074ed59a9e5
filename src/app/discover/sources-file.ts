import { en } from 'zod/locales';
import * as z from 'zod/mini';
import type { SourceId } from '../../escrow/model/source.ts';
import { describeSource, isSameSource } from '../../escrow/model/source.ts';
import { sourceOfNames } from '../../escrow/model/source-names.ts';
import { placeOfJsonFault } from '../json-fault.ts';
import { sourceShape } from '../source-settings.ts';

/**
 * One entry of infra/sources.json: what ESCROW_SOURCES says of a source, in the same words and as a person wrote it, and where it
 * is. `infra/modules/sources.bicep` declares the same names; a test compares them.
 */
const entryShape = z.strictObject({
  ...sourceShape.shape,
  // Without the defaults of the setting: what a person did not write is not written for them.
  keys: z.optional(sourceShape.shape.keys.def.innerType),
  except: z.optional(sourceShape.shape.except.def.innerType),
  retired: z.optional(sourceShape.shape.retired.def.innerType),
  allowEmpty: z.optional(z.boolean()),
  subscriptionId: z.optional(z.guid()),
  resourceGroup: z.string().check(z.regex(/^[-\w.()]{1,90}$/, 'must be the name of a resource group')),
  location: z.optional(z.string().check(z.minLength(1))),
  accessModel: z.optional(z.enum(['rbac', 'accessPolicy'])),
  privateEndpoint: z.optional(z.boolean()),
  events: z.optional(z.boolean()),
  existingSystemTopic: z.optional(z.strictObject({ name: z.string(), resourceGroup: z.optional(z.string()) })),
  notEscrowed: z.optional(z.string().check(z.minLength(1, 'must say why, for example "drill vault"'))),
});

export type SourceEntry = z.infer<typeof entryShape>;
export const entryNames = Object.keys(entryShape.shape);

const onlyOfVaults = ['accessModel', 'events', 'existingSystemTopic', 'geography'] as const;

/** The source that an entry is about. @throws when it names none, which {@link readSourcesFile} reports as a fault. */
export function sourceOf(entry: SourceEntry): SourceId {
  const source = sourceOfNames(entry);
  if (source === undefined) throw new Error('An entry without a name.');
  return source;
}

/** The entry that the repository comes with, to be replaced. */
export const isSample = ({ subscriptionId }: SourceEntry): boolean => /^[0-]+$/.test(subscriptionId ?? '');

/** What stands in a file of sources, and everything that is wrong with it: each fault begins with its place in the file. */
export function readSourcesFile(text: string, file: string): { entries: SourceEntry[]; faults: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { entries: [], faults: [`${file} is not valid JSON: look at ${placeOfJsonFault(text)}.`] };
  }
  if (!Array.isArray(json)) return { entries: [], faults: [`${file} is not a JSON array of sources.`] };
  const entries: SourceEntry[] = [];
  const faults: string[] = [];
  for (const [index, item] of json.entries()) {
    const where = `${file}[${index}]`;
    const parsed = entryShape.safeParse(item, { error: en().localeError });
    if (!parsed.success) {
      for (const { path, message, code } of parsed.error.issues) {
        const remedy = code === 'unrecognized_keys' ? ` Known: ${entryNames.join(', ')}.` : '';
        faults.push(`${[where, ...path].join('.')}: ${message}.${remedy}`);
      }
      continue;
    }
    const entry = parsed.data;
    const found = faultsOf(entry, entries);
    faults.push(...found.map((fault) => `${where}: ${fault}`));
    if (found.length === 0) entries.push(entry);
  }
  return { entries, faults };
}

function faultsOf(entry: SourceEntry, before: readonly SourceEntry[]): string[] {
  const { vaultName, hsmName, location, securityDomain } = entry;
  if ((vaultName === undefined) === (hsmName === undefined)) {
    return ['exactly one of "vaultName" and "hsmName" must name the source.'];
  }
  const source = sourceOf(entry);
  const faults: string[] = [];
  if (before.some((other) => isSameSource(sourceOf(other), source))) {
    faults.push(`${describeSource(source)} is there twice. Merge the two entries.`);
  }
  if (source.kind === 'vault') {
    if (location === undefined) faults.push('a vault needs its "location", as in "westeurope".');
    if (securityDomain !== undefined) faults.push('"securityDomain" belongs to a Managed HSM, not to a vault.');
    return faults;
  }
  for (const name of onlyOfVaults) {
    if (entry[name] !== undefined) faults.push(`"${name}" belongs to a vault, not to a Managed HSM.`);
  }
  return faults;
}
