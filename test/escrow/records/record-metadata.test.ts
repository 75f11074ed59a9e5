import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOfKey } from '../../../src/escrow/records/blob-fault.ts';
import { readRecordMetadata, writeRecordMetadata } from '../../../src/escrow/records/record-metadata.ts';

const instant = fc
  .date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/);

const said = fc.record({
  keyId: maybe(label.map((name) => `https://contoso-prod.vault.azure.net/keys/${name}`)),
  runId: maybe(fc.constant('20261124T020000Z')),
  backedUpAt: maybe(instant),
  trigger: maybe(fc.constantFrom('schedule', 'request', 'event', 'import') as fc.Arbitrary<'schedule' | 'import'>),
  format: maybe(fc.constantFrom('AzureKeyVaultKeyBackupV1', 'ManagedHsmBackup', 'unknown')),
  enabled: maybe(fc.boolean()),
  keyUpdatedAt: maybe(instant),
  place: fc.record({ subscriptionId: label, geography: label, securityDomain: label }, { requiredKeys: [] }),
});

describe('what a record says of itself', () => {
  test('reads back as it was written; what nobody knew is not there', () => {
    fc.assert(
      fc.property(said, (record) => {
        const written = writeRecordMetadata(record);
        expect(readRecordMetadata(written)).toEqual({ ...record, sha256: undefined });
        expect(Object.keys(written).every((name) => name === name.toLowerCase())).toBe(true);
        expect(Object.values(written)).not.toContain('undefined');
      }),
    );
  });

  test.each([
    ['a time that is none', { backedupat: 'yesterday' }, { backedUpAt: undefined }],
    ['a time without a time zone', { keyupdatedat: '2026-11-24T02:00:00' }, { keyUpdatedAt: undefined }],
    ['a trigger that there is not', { trigger: 'magic' }, { trigger: undefined }],
    ['a digest that is none', { sha256: 'abc' }, { sha256: undefined }],
    ['a format that nobody writes', { format: '<script>' }, { format: undefined }],
    ['a switch that is neither on nor off', { enabled: 'perhaps' }, { enabled: undefined }],
    ['an empty key identifier', { keyid: '' }, { keyId: undefined }],
  ])('counts %s as absent, and the rest still counts', (_, spoiled, read) => {
    const others = { runid: '20261124T020000Z', geography: 'europe' };
    expect(readRecordMetadata({ ...others, ...spoiled })).toMatchObject({
      runId: '20261124T020000Z',
      place: { geography: 'europe' },
      ...read,
    });
  });

  test('is never a reason to throw, whoever wrote it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (metadata) => {
        expect(readRecordMetadata(metadata)).toHaveProperty('place');
      }),
    );
  });
});

describe('the key that a record says it is of', () => {
  const prod = { kind: 'vault', name: 'contoso-prod' } as const;

  test.each([
    ['in the public cloud', 'https://contoso-prod.vault.azure.net/keys/Signing', true],
    ['in another cloud', 'https://contoso-prod.vault.usgovcloudapi.net/keys/signing', true],
    ['under its host in capitals', 'https://CONTOSO-PROD.vault.azure.net/keys/signing', true],
    ['in another vault', 'https://contoso-dev.vault.azure.net/keys/signing', false],
    ['of another name', 'https://contoso-prod.vault.azure.net/keys/signing2', false],
    ['with a version', 'https://contoso-prod.vault.azure.net/keys/signing/0123456789abcdef', false],
    ['behind a user name', 'https://contoso-prod.vault.azure.net@evil.example/keys/signing', false],
    ['over http', 'http://contoso-prod.vault.azure.net/keys/signing', false],
    ['on a host without a domain', 'https://contoso-prod/keys/signing', false],
    ['as a certificate', 'https://contoso-prod.vault.azure.net/certificates/signing', false],
  ])('%s', (_, keyid, expected) => {
    expect(isOfKey({ keyid }, prod, 'signing')).toBe(expected);
  });
});
