import { expect, test } from 'vitest';
import type { StoredBlob } from '../../../src/escrow/ports/escrow-store.ts';
import { sha256Of } from '../../../src/escrow/records/put-once.ts';
import { faultsOfRecord } from '../../../src/escrow/records/record-verification.ts';
import { storedRecordOf } from '../../../src/escrow/records/stored-record.ts';
import { publicSuffixes } from '../../support/escrow-sources.ts';
import { storedBlob } from '../../support/memory-store.ts';

const header = Buffer.from(JSON.stringify({ kid: '9e1a5cd2', alg: 'RSA-OAEP-256' })).toString('base64url');
const ofVault = Buffer.from(`&AzureKeyVaultKeyBackupV1.microsoft.com${header}.ZW5j.aXY.Y2lwaGVy.dGFn`, 'latin1');
const runid = '20261124T020000Z';
const keyId = 'https://contoso-prod.vault.azure.net/keys/Signing';

/** What verify says of a record that was spoiled in one respect. */
function codesOf(spoil: Partial<StoredBlob> & { readonly bytes?: Buffer }): string[] {
  const { bytes = ofVault, ...more } = spoil;
  const record = storedRecordOf(
    {
      ...storedBlob({
        name: `vaults/contoso-prod/signing/${runid}.keybackup`,
        bytes: ofVault,
        createdAt: spoil.createdAt ?? new Date('2026-11-24T02:00:05Z'),
        metadata: metadata({}),
      }),
      ...more,
    },
    publicSuffixes,
  );
  if (record === undefined) throw new Error('It is not a record.');
  return faultsOfRecord(record, bytes, publicSuffixes).map(({ code }) => code);
}

function metadata(more: Readonly<Record<string, string>>): Record<string, string> {
  return { keyid: keyId, runid, sha256: sha256Of(ofVault), ...more };
}

test('a record as it was written has no fault', () => {
  expect(codesOf({})).toEqual([]);
});

test.each<[string, string[], Parameters<typeof codesOf>[0]]>([
  ['has other bytes', ['digestDiffers'], { bytes: Buffer.from(ofVault.toString('latin1').replace('ZW5j', 'ZW5k')) }],
  ['is cut', ['lengthDiffers', 'digestDiffers', 'envelopeUnknown'], { bytes: ofVault.subarray(0, -5) }],
  ['is of another key', ['metadataDiffers'], { metadata: metadata({ keyid: keyId.replace('Signing', 'x') }) }],
  ['is of another source', ['metadataDiffers'], { metadata: metadata({ keyid: keyId.replace('prod', 'dev') }) }],
  ['is of another run', ['metadataDiffers'], { metadata: metadata({ runid: '20261123T020000Z' }) }],
  [
    'lies where those of a Managed HSM lie',
    ['envelopeDiffers', 'metadataDiffers'],
    { name: `managed-hsms/contoso-prod/signing/${runid}.keybackup` },
  ],
  ['was there before its run could begin', ['tooEarly'], { createdAt: new Date('2026-11-24T01:49:59Z') }],
  ['is no block blob', ['notBlockBlob'], { type: 'append' }],
  ['was changed after it was written', ['modified'], { lastModified: new Date('2026-11-24T03:00:00Z') }],
  [
    'has a chosen name and was there before its run',
    ['tooEarly'],
    { name: 'named/mine', createdAt: new Date('2026-11-24T01:00:00Z') },
  ],
])('verify reports a record that %s', (_, codes, spoil) => {
  expect(codesOf(spoil)).toEqual(codes);
});

test('a record whose metadata are lost is reported as such', () => {
  expect(codesOf({ metadata: {} })).toEqual(['digestMissing', 'metadataDiffers', 'metadataDiffers']);
});

test('a record that came a little before its run time is sound: a message may name one five minutes ahead', () => {
  expect(codesOf({ createdAt: new Date('2026-11-24T01:55:00Z') })).toEqual([]);
});
