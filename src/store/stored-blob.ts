import { validServiceDate } from '../azure/http/valid-service-date.ts';
import { ServiceError } from '../escrow/model/service-error.ts';
import type { StoredBlob } from '../escrow/ports/escrow-store.ts';

/** What a listing and a HEAD return of a blob, in the SDK's two spellings. */
export interface BlobAnswer {
  readonly name: string;
  readonly properties: {
    readonly contentLength?: number | undefined;
    readonly createdOn?: Date | undefined;
    readonly lastModified?: Date | undefined;
    readonly etag?: string | undefined;
    readonly contentMD5?: Uint8Array | undefined;
    readonly blobType?: string | undefined;
    readonly accessTier?: string | undefined;
    readonly archiveStatus?: string | undefined;
    readonly copyStatus?: StoredBlob['copyStatus'] | undefined;
    readonly customerProvidedKeySha256?: string | undefined;
    readonly encryptionKeySha256?: string | undefined;
  };
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** @throws ServiceError when neither the creation nor the last change has a time that can be read. */
export function storedBlobOf({ name, properties, metadata }: BlobAnswer): StoredBlob {
  const { contentMD5, accessTier, archiveStatus, copyStatus } = properties;
  const lastModified = validServiceDate(properties.lastModified);
  // A record is never overwritten, so its last change is its creation.
  const createdAt = validServiceDate(properties.createdOn) ?? lastModified;
  if (createdAt === undefined) {
    throw new ServiceError(`the answer has no readable time of creation of the blob "${name}"`, {
      service: 'Blob Storage',
      kind: 'invalidAnswer',
      code: 'NoCreationTime',
      statusCode: 200,
    });
  }
  const isCustomerEncrypted = (properties.customerProvidedKeySha256 ?? properties.encryptionKeySha256) !== undefined;
  return {
    name,
    length: properties.contentLength ?? 0,
    createdAt,
    lastModified: lastModified ?? createdAt,
    // A header has it in quotation marks, a listing has not.
    etag: (properties.etag ?? '').replaceAll('"', ''),
    type: typeOf(properties.blobType),
    metadata: metadata ?? {},
    ...(contentMD5 && { contentMd5: Buffer.from(contentMD5).toString('base64') }),
    ...(accessTier && { tier: accessTier }),
    ...(archiveStatus && { archiveStatus }),
    ...(copyStatus && { copyStatus }),
    ...(isCustomerEncrypted && { customerProvidedKey: true }),
  };
}

function typeOf(blobType: string | undefined): StoredBlob['type'] {
  if (blobType === 'AppendBlob') return 'append';
  return blobType === 'PageBlob' ? 'page' : 'block';
}
