import * as z from 'zod/mini';
import { placeLabels, type RestorePlace } from '../model/source.ts';
import { triggerSchema } from '../ports/escrow-events.ts';

const filled = z.string().check(z.minLength(1));
const instant = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (at) => at.toISOString(),
});
const flag = z.codec(z.enum(['true', 'false']), z.boolean(), {
  decode: (text) => text === 'true',
  encode: (value) => (value ? 'true' : 'false'),
});

function claim<Schema extends z.ZodMiniType<unknown, string>>(schema: Schema) {
  return z.catch(z.optional(schema), undefined);
}

/**
 * What a record says of itself, as blob metadata: under lower-case names, because not every storage call keeps their case.
 * Whoever may create a blob may write anything here, so a member that is not valid counts as absent, and the others still count.
 */
const claimsSchema = z.object({
  /** Key identifier without version, in the service's own casing. */
  keyId: claim(filled),
  runId: claim(filled),
  /** By the vault's own clock; of an import, what its file says. */
  backedUpAt: claim(instant),
  trigger: claim(z.enum([...triggerSchema.options, 'import'])),
  /** Of the bytes, hex; added where they are written. */
  sha256: claim(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  /** What the envelope of the bytes says it is. */
  format: claim(z.enum(['AzureKeyVaultKeyBackupV1', 'ManagedHsmBackup', 'unknown'])),
  /** Whether the key was enabled. */
  enabled: claim(flag),
  /** When the key last changed before the backup, by the vault's clock. */
  keyUpdatedAt: claim(instant),
});

export const recordContentType = 'application/octet-stream';

/** What a record says of itself: claims, of which only the digest can be checked. */
export type RecordMetadata = Readonly<z.infer<typeof claimsSchema>> & { readonly place: RestorePlace };

const claimNames = Object.keys(claimsSchema.shape);
const alreadyRead = new WeakMap<object, RecordMetadata>();

/** Read once for each blob, because records are compared with each other by what they say. */
export function readRecordMetadata(metadata: Readonly<Record<string, string>>): RecordMetadata {
  const known = alreadyRead.get(metadata);
  if (known !== undefined) return known;
  const claims: Record<string, unknown> = {};
  for (const name of claimNames) claims[name] = metadata[name.toLowerCase()];
  const place: Partial<Record<keyof RestorePlace, string>> = {};
  for (const label of placeLabels) {
    const value = metadata[label.toLowerCase()];
    if (value) place[label] = value;
  }
  const read = { ...z.parse(claimsSchema, claims), place };
  alreadyRead.set(metadata, read);
  return read;
}

/** What nobody knows is left out. */
export function writeRecordMetadata({
  place,
  ...claims
}: Partial<Omit<RecordMetadata, 'sha256'>>): Record<string, string> {
  const values = Object.entries({ ...z.encode(claimsSchema, claims), ...place });
  return Object.fromEntries(values.flatMap(([name, value]) => (value ? [[name.toLowerCase(), value]] : [])));
}
