import type { JsonWebKey, KeyProperties } from '@azure/keyvault-keys';
import { EscrowFault } from '../../escrow/model/failure.ts';
import { keyNamePattern } from '../../escrow/model/source.ts';
import type { PublicKey, SourceKey } from '../../escrow/model/source-key.ts';
import type { KeySource } from '../../escrow/ports/key-source.ts';
import { validServiceDate } from '../http/valid-service-date.ts';
import type { OpenKeyClient } from './key-client.ts';

/** A vault or a Managed HSM through the SDK. Open one client per source and process: its pace is what all callers share. */
export function createKeySource({ source, url, client, pacer, callService, allPages }: OpenKeyClient): KeySource {
  return {
    source,
    async *listKeys(deadline) {
      for await (const properties of allPages(client.listPropertiesOfKeys().byPage(), deadline)) {
        yield sourceKeyOf(properties, url);
      }
    },
    async *listVersions(name, deadline) {
      const pages = client.listPropertiesOfKeyVersions(name).byPage();
      for await (const { version, enabled, createdOn, updatedOn } of allPages(pages, deadline)) {
        const times = { createdAt: validServiceDate(createdOn), updatedAt: validServiceDate(updatedOn) };
        yield { version: version ?? '', enabled: enabled ?? true, ...times };
      }
    },
    async getPublicKey(name, version, deadline) {
      const options = version === undefined ? {} : { version };
      const { key } = await callService({ deadline }, () => client.getKey(name, options));
      return publicKeyOf(key);
    },
    async getKey(name, deadline) {
      const key = await callService({ deadline }, () => client.getKey(name));
      return sourceKeyOf(key.properties, url);
    },
    async backUpKey(name, deadline) {
      const answer: { time?: Date } = {};
      const bytes = await callService({ deadline, answer }, () => client.backupKey(name));
      if (bytes !== undefined && bytes.length > 0) return { bytes, takenAt: answer.time };
      throw new EscrowFault(
        'EmptyBackup',
        'the service answered without a backup',
        'Another attempt may succeed; if it keeps happening, give the vault and time to Azure support.',
      );
    },
    throttled: () => pacer.throttleCount(),
  };
}

function publicKeyOf(jwk: JsonWebKey | undefined): PublicKey {
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url');
  return {
    kty: jwk?.kty ?? 'unknown',
    ...(jwk?.n && { n: text(jwk.n) }),
    ...(jwk?.e && { e: text(jwk.e) }),
    ...(jwk?.crv && { crv: jwk.crv }),
    ...(jwk?.x && { x: text(jwk.x) }),
    ...(jwk?.y && { y: text(jwk.y) }),
  };
}

/**
 * A key as the service describes it. Names become blob names and identifiers go into records, so neither is taken on trust.
 * @param url of the source that was asked.
 * @throws EscrowFault code `ForeignKey` for a key that cannot be one of this source.
 */
export function sourceKeyOf(properties: KeyProperties, url: string): SourceKey {
  const { name, id, version, vaultUrl, enabled, createdOn, updatedOn, managed } = properties;
  if (!keyNamePattern.test(name) || vaultUrl.toLowerCase() !== url) {
    throw new EscrowFault(
      'ForeignKey',
      `the answer names a key that cannot be here: ${JSON.stringify(id?.slice(0, 200))}`,
      'Check what stands between the app and the source.',
    );
  }
  return {
    name,
    // A single read names a version, a listing does not.
    id: id?.split('/').slice(0, 5).join('/') ?? `${vaultUrl}/keys/${name}`,
    ...(version && { version }),
    enabled: enabled ?? true,
    createdAt: validServiceDate(createdOn),
    updatedAt: validServiceDate(updatedOn),
    certificateBacked: managed ?? false,
  };
}
