import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createCertificates } from '../../../local-azure/network/certificates.ts';

describe('the throw-away certificates', () => {
  test('serve every host under the suffixes, no other, and are signed by the authority', async () => {
    const suffixes = {
      vault: 'vault.azure.cn',
      managedHsm: 'managedhsm.azure.cn',
      blob: 'blob.core.chinacloudapi.cn',
      queue: 'queue.core.chinacloudapi.cn',
      resourceManager: 'chinacloudapi.cn',
    };
    const { ca, certificate } = await createCertificates(suffixes);
    const leaf = new X509Certificate(certificate);
    const authority = new X509Certificate(ca);
    for (const suffix of Object.values(suffixes)) expect(leaf.checkHost(`contoso.${suffix}`)).toBeDefined();
    expect(leaf.checkHost('contoso.vault.azure.net')).toBeUndefined();
    expect(leaf.checkHost('vault.azure.cn')).toBeUndefined();
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
  });

  test('come as whole PEM blocks, the certificate with its chain', async () => {
    const { ca, certificate, key } = await createCertificates();
    const blocks = (pem: string) => pem.match(/^-----BEGIN [A-Z ]+-----$/gm)?.length;
    expect([blocks(ca), blocks(certificate), blocks(key)]).toEqual([1, 2, 1]);
  });
});
