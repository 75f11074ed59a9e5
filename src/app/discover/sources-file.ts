import * as z from 'zod/mini';
import { type SourceId, type SourceKind, sourceOfNames } from '../../escrow/model/source.ts';
import { placeOfJsonFault } from '../json-fault.ts';
import { checkEntry, checkName, sourceShape } from '../source-settings.ts';

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
    const found: string[] = [];
    const entry = checkEntry(entryShape, item, where, found);
    const source = entry && checkName(entry, entries.map(sourceOf), where, found);
    if (entry !== undefined && source !== undefined) {
      found.push(...faultsOfKind(entry, source.kind).map((fault) => `${where}: ${fault}`));
      if (found.length === 0) entries.push(entry);
    }
    faults.push(...found);
  }
  return { entries, faults };
}

/** What does not go with a vault, or with a Managed HSM. */
function faultsOfKind(entry: SourceEntry, kind: SourceKind): string[] {
  if (kind === 'managedHsm') {
    const misplaced = onlyOfVaults.filter((name) => entry[name] !== undefined);
    return misplaced.map((name) => `"${name}" belongs to a vault, not to a Managed HSM.`);
  }
  const faults: string[] = [];
  if (entry.location === undefined) faults.push('a vault needs its "location", as in "westeurope".');
  if (entry.securityDomain !== undefined) faults.push('"securityDomain" belongs to a Managed HSM, not to a vault.');
  return faults;
}
