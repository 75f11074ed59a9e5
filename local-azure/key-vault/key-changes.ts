import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import * as z from 'zod';
import type { Answer } from './answer.ts';
import type { KeyType } from './key-material.ts';
import type { Call } from './route.ts';
import { badParameter, certificateBacked, nameIsDeleted, premiumRequired } from './service-errors.ts';
import { noteChange, putKey, type SourceState, seconds } from './source-state.ts';
import {
  addVersion,
  type NewVersion,
  type StoredAttributes,
  type StoredKey,
  type StoredVersion,
} from './stored-key.ts';
import { keyBundle } from './wire-form.ts';

const attributes = z.object({
  enabled: z.exactOptional(z.boolean()),
  nbf: z.exactOptional(z.number()),
  exp: z.exactOptional(z.number()),
  exportable: z.exactOptional(z.boolean()),
});
const keyType = z.enum(['RSA', 'RSA-HSM', 'EC', 'EC-HSM', 'oct', 'oct-HSM']);
const properties = { attributes: attributes.optional(), tags: z.record(z.string(), z.string()).optional() };
const creation = z.object({
  kty: keyType,
  key_size: z.number().optional(),
  crv: z.enum(['P-256', 'P-256K', 'P-384', 'P-521']).optional(),
  key_ops: z.array(z.string()).optional(),
  ...properties,
});
const importation = z.object({
  key: z.looseObject({ kty: keyType, key_ops: z.array(z.string()).optional() }),
  ...properties,
});
const change = z.object({ key_ops: z.array(z.string()).optional(), ...properties });

/** Creates a key, or a new version of the key that has the name already. */
export function createKey(source: SourceState, name: string, call: Call): Answer {
  const parsed = creation.safeParse(call.body);
  if (!parsed.success) return badParameter(firstFault(parsed.error));
  const { kty, key_size: keySize, crv: curve, key_ops: keyOps, tags } = parsed.data;
  return putVersion(source, name, call, {
    kty: storedType(source, kty),
    keySize,
    curve,
    keyOps,
    tags,
    attributes: newAttributes(source, parsed.data.attributes),
  });
}

/** Takes over a key that was made elsewhere; its private JWK must be complete. */
export function importKey(source: SourceState, name: string, call: Call): Answer {
  const parsed = importation.safeParse(call.body);
  if (!parsed.success) return badParameter(firstFault(parsed.error));
  const { kty, key_ops: keyOps, ...members } = parsed.data.key;
  const jwk = { ...members, kty: kty.replace('-HSM', '') } as JsonWebKey;
  if (!isPrivateKey(jwk)) return badParameter('Property "key" is not a valid private key');
  return putVersion(source, name, call, {
    kty: storedType(source, kty),
    jwk,
    keyOps,
    tags: parsed.data.tags,
    attributes: newAttributes(source, parsed.data.attributes),
  });
}

/** Changes operations, attributes and tags of one version; what the request leaves out stays as it is. */
export function updateKey(source: SourceState, key: StoredKey, version: StoredVersion, call: Call): Answer {
  if (key.managed) return certificateBacked('update');
  const parsed = change.safeParse(call.body ?? {});
  if (!parsed.success) return badParameter(firstFault(parsed.error));
  version.keyOps = parsed.data.key_ops ?? version.keyOps;
  version.attributes = { ...version.attributes, ...parsed.data.attributes, updated: seconds(source) };
  if (parsed.data.tags !== undefined) version.tags = parsed.data.tags;
  noteChange(source, key.name);
  return { status: 200, body: keyBundle(source, key, version, call.apiVersion) };
}

function putVersion(source: SourceState, name: string, call: Call, version: NewVersion): Answer {
  if (source.deleted.has(name.toLowerCase())) return nameIsDeleted(name);
  const existing = source.keys.get(name.toLowerCase());
  if (existing?.managed) return certificateBacked('create');
  if (source.isStandard && version.kty.endsWith('-HSM')) return premiumRequired;
  const key = existing ?? { name, managed: false, versions: [], sequence: 0 };
  const added = addVersion(key.versions, version);
  if (existing === undefined) putKey(source, key);
  noteChange(source, name);
  return { status: 200, body: keyBundle(source, key, added, call.apiVersion) };
}

function newAttributes(source: SourceState, asked: z.infer<typeof attributes> | undefined): StoredAttributes {
  const at = seconds(source);
  return { enabled: true, created: at, updated: at, exportable: false, ...asked };
}

/** A Managed HSM has protected keys only, whatever the request calls them. */
function storedType(source: SourceState, kty: z.infer<typeof keyType>): KeyType {
  if (kty === 'oct') return 'oct-HSM';
  return source.kind === 'managedHsm' && !kty.endsWith('-HSM') ? (`${kty}-HSM` as KeyType) : kty;
}

function isPrivateKey(jwk: JsonWebKey): boolean {
  if (jwk.kty === 'oct') return typeof jwk.k === 'string';
  try {
    createPrivateKey({ key: jwk, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

function firstFault(error: z.ZodError): string {
  const issue = error.issues[0];
  return `Property "${issue?.path.join('.') || 'body'}" is invalid: ${issue?.message}`;
}
