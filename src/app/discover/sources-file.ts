import * as z from 'zod/mini';
import { oneName, readEntries, sourceShape } from '../source-settings.ts';

/**
 * One entry of infra/sources.json: what ESCROW_SOURCES says of a source, in the same words and as a person wrote it, and where it
 * is. `infra/modules/sources.bicep` declares the same names; a test compares them.
 */
const unchecked = z.strictObject({
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

export type SourceEntry = z.infer<typeof unchecked>;
export const entryNames = Object.keys(unchecked.shape);

const onlyOfVaults = ['accessModel', 'events', 'existingSystemTopic', 'geography'] as const;

const entryShape = unchecked.check(
  oneName,
  z.refine<SourceEntry>(
    ({ vaultName, location }) => vaultName === undefined || location !== undefined,
    'a vault needs its "location", as in "westeurope"',
  ),
  z.refine<SourceEntry>(
    ({ vaultName, securityDomain }) => vaultName === undefined || securityDomain === undefined,
    '"securityDomain" belongs to a Managed HSM, not to a vault',
  ),
  ...onlyOfVaults.map((name) =>
    z.refine<SourceEntry>(
      (entry) => entry.hsmName === undefined || entry[name] === undefined,
      `"${name}" belongs to a vault, not to a Managed HSM`,
    ),
  ),
);

/** The entry that the repository comes with, to be replaced. */
export const isSample = ({ subscriptionId }: SourceEntry): boolean => /^[0-]+$/.test(subscriptionId ?? '');

/** What stands in a file of sources, and everything that is wrong with it: each fault begins with its place in the file. */
export function readSourcesFile(text: string, file: string): { entries: SourceEntry[]; faults: string[] } {
  const faults: string[] = [];
  return { entries: readEntries(entryShape, text, file, faults), faults };
}
