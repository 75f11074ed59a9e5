import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBackupFormat } from '../../../src/escrow/records/backup-envelope.ts';

const header = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
const vaultHeader = header({ kid: '9e1a5cd2-0f4b-4a61-8e4f-4ab7c7d5b7d6', alg: 'RSA-OAEP-256', enc: 'A256CBC-HS512' });
const hsmHeader = header({ alg: 'dir', enc: 'A256CBC-HS512', kid: 'backup-protection-key' });
const vaultPrefix = '&AzureKeyVaultKeyBackupV1.microsoft.com';
const fromVault = `${vaultPrefix}${vaultHeader}.ZW5jcnlwdGVk.aXY.Y2lwaGVydGV4dA.dGFn`;
const fromHsm = `${hsmHeader}..aXY.Y2lwaGVydGV4dA.dGFn`;
const formatOf = (text: string) => readBackupFormat(Buffer.from(text, 'latin1'));

describe('the envelope of a key backup', () => {
  test('of a vault and of a Managed HSM is recognised by what it says', () => {
    expect(formatOf(fromVault)).toBe('AzureKeyVaultKeyBackupV1');
    expect(formatOf(fromHsm)).toBe('ManagedHsmBackup');
  });

  test('is read from a view into a larger buffer', () => {
    const larger = Buffer.from(`xx${fromVault}yy`, 'latin1');
    expect(readBackupFormat(new Uint8Array(larger.buffer, larger.byteOffset + 2, fromVault.length))).toBe(
      'AzureKeyVaultKeyBackupV1',
    );
  });

  test('that is cut before its last part is unknown, wherever it is cut', () => {
    for (const whole of [fromVault, fromHsm]) {
      for (let length = 0; length <= whole.lastIndexOf('.') + 1; length++) {
        expect(formatOf(whole.slice(0, length))).toBe('unknown');
      }
    }
  });

  test.each([
    ['empty', ''],
    ['the prefix alone', vaultPrefix],
    ['the bare JWE of another key', `${vaultHeader}..aXY.Y2lwaGVydGV4dA.dGFn`],
    ['a vault backup without its encrypted key', `${vaultPrefix}${vaultHeader}..aXY.Y2lwaGVydGV4dA.dGFn`],
    ['a header that is not JSON', `${vaultPrefix}bm8ganNvbg.a.b.c.d`],
    ['a header without kid', `${vaultPrefix}${header({ alg: 'dir' })}.a.b.c.d`],
    ['a header that is null', `${vaultPrefix}${Buffer.from('null').toString('base64url')}.a.b.c.d`],
    ['a kid that is no text', `${vaultPrefix}${header({ kid: 1 })}.a.b.c.d`],
    ['six parts', `${fromVault}.more`],
    ['a page of HTML', '<html><body>503</body></html>'],
  ])('%s is unknown', (_, text) => {
    expect(formatOf(text)).toBe('unknown');
  });

  test('is never a reason to throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, withPrefix) => {
        const whole = withPrefix ? Buffer.concat([Buffer.from(vaultPrefix), bytes]) : bytes;
        expect(['AzureKeyVaultKeyBackupV1', 'ManagedHsmBackup', 'unknown']).toContain(readBackupFormat(whole));
      }),
      { numRuns: 2000 },
    );
  });
});
