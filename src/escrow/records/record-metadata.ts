import * as z from 'zod/mini';
import type { RestorePlace } from '../model/source.ts';
import { triggerSchema } from '../ports/escrow-events.ts';

/**
 * What a record says of itself, as blob metadata: lower-case names, because not every storage call keeps their case. Whoever
 * may create a blob may write anything here, so a member that is not valid counts as absent, and the others still count.
 */
const stored = z.object({
  keyid: claim(z.string().check(z.minLength(1))),
  runid: claim(z.string().check(z.minLength(1))),
  backedupat: claim(z.iso.datetime()),
  trigger: claim(z.enum([...triggerSchema.options, 'import'])),
  sha256: claim(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  format: claim(z.enum(['AzureKeyVaultKeyBackupV1', 'ManagedHsmBackup', 'unknown'])),
  enabled: claim(z.enum(['true', 'false'])),
  keyupdatedat: claim(z.iso.datetime()),
  subscriptionid: claim(z.string()),
  geography: claim(z.string()),
  securitydomain: claim(z.string()),
});

function claim<Schema extends z.ZodMiniType<string>>(schema: Schema) {
  return z.catch(z.optional(schema), undefined);
}

const recordMetadata = z.pipe(
  stored,
  z.transform((said) => ({
    /** Key identifier without version, in the service's own casing. */
    keyId: said.keyid,
    runId: said.runid,
    /** By the vault's own clock; of an import, what its file says. */
    backedUpAt: dateOf(said.backedupat),
    trigger: said.trigger,
    /** Of the bytes, hex; added where they are written. */
    sha256: said.sha256,
    /** What the envelope of the bytes says it is. */
    format: said.format,
    /** Whether the key was enabled. */
    enabled: said.enabled === undefined ? undefined : said.enabled === 'true',
    /** When the key last changed before the backup, by the vault's clock. */
    keyUpdatedAt: dateOf(said.keyupdatedat),
    place: placeOf(said),
  })),
);

export const recordContentType = 'application/octet-stream';

/** What a record says of itself: claims, of which only the digest can be checked. */
export type RecordMetadata = Readonly<z.infer<typeof recordMetadata>>;

const alreadyRead = new WeakMap<object, RecordMetadata>();

/** Read once for each blob, because records are compared with each other by what they say. */
export function readRecordMetadata(metadata: Readonly<Record<string, string>>): RecordMetadata {
  const known = alreadyRead.get(metadata);
  if (known !== undefined) return known;
  const read = z.parse(recordMetadata, metadata);
  alreadyRead.set(metadata, read);
  return read;
}

/** What nobody knows is left out. */
export function writeRecordMetadata(record: Partial<Omit<RecordMetadata, 'sha256'>>): Record<string, string> {
  const { keyId, runId, backedUpAt, trigger, format, enabled, keyUpdatedAt, place } = record;
  const values: z.infer<typeof stored> = {
    keyid: keyId,
    runid: runId,
    backedupat: backedUpAt?.toISOString(),
    trigger,
    sha256: undefined,
    format,
    enabled: enabled === undefined ? undefined : enabled ? 'true' : 'false',
    keyupdatedat: keyUpdatedAt?.toISOString(),
    subscriptionid: place?.subscriptionId,
    geography: place?.geography,
    securitydomain: place?.securityDomain,
  };
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

function dateOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}

function placeOf({ subscriptionid, geography, securitydomain }: z.infer<typeof stored>): RestorePlace {
  return {
    ...(subscriptionid && { subscriptionId: subscriptionid }),
    ...(geography && { geography }),
    ...(securitydomain && { securityDomain: securitydomain }),
  };
}
