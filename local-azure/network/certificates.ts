import { randomUUID } from 'node:crypto';
import { generate } from 'selfsigned';

/** PEM texts: the throw-away authority to trust, and one server certificate (with its chain) for all local hosts. */
export interface Certificates {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** The DNS suffixes of one cloud, as the clients of its services see them. */
export interface ServiceSuffixes {
  readonly vault: string;
  readonly managedHsm: string;
  readonly blob: string;
  readonly queue: string;
  /** Azure Resource Manager is the host `management` under it. */
  readonly resourceManager: string;
}

export const azureCloudSuffixes: ServiceSuffixes = {
  vault: 'vault.azure.net',
  managedHsm: 'managedhsm.azure.net',
  blob: 'blob.core.windows.net',
  queue: 'queue.core.windows.net',
  resourceManager: 'azure.com',
};

const hourMs = 3_600_000;

/**
 * Makes a certificate authority that lives for a day and a server certificate for `*.<suffix>` of every suffix.
 * Nothing else signs with the authority's key: it is dropped on return.
 */
export async function createCertificates(suffixes: ServiceSuffixes = azureCloudSuffixes): Promise<Certificates> {
  const validity = { notBeforeDate: new Date(Date.now() - hourMs), notAfterDate: new Date(Date.now() + 24 * hourMs) };
  const common = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', ...validity } as const;
  // A name of its own: of two authorities of one name in a trust store, TLS tries the wrong one and calls the signature bad.
  const authorityName = `keyvault-escrow local Azure ${randomUUID()}`;
  const authority = await generate([{ name: 'commonName', value: authorityName }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const names = Object.values(suffixes).map((suffix) => ({ type: 2, value: `*.${suffix}` }) as const);
  const leaf = await generate([{ name: 'commonName', value: `*.${suffixes.vault}` }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names },
    ],
  });
  // selfsigned ends its PEM blocks without a newline; two blocks on one line are not a chain.
  return { ca: `${authority.cert}\n`, certificate: `${leaf.cert}\n${authority.cert}\n`, key: `${leaf.private}\n` };
}
