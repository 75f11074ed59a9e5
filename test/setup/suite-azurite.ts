import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Certificates, createCertificates } from '../../local-azure/network/certificates.ts';
import { startAzurite } from '../../local-azure/storage/azurite.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    certificates: Certificates;
    /** The authority's certificate as a file, for child processes (NODE_EXTRA_CA_CERTS). */
    authorityFile: string;
    azurite: { account: string; blobPort: number; queuePort: number };
  }
}

/** One authority and one Azurite for the whole suite: each test file takes a container and queues of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const certificates = await createCertificates();
  const folder = await mkdtemp(join(tmpdir(), 'keyvault-escrow-suite-'));
  const authorityFile = join(folder, 'authority.pem');
  await writeFile(authorityFile, certificates.ca);
  const account = 'escrowtests';
  const azurite = await startAzurite({ account, certificates });
  const { blobPort, queuePort } = azurite;
  project.provide('certificates', certificates);
  project.provide('authorityFile', authorityFile);
  project.provide('azurite', { account, blobPort, queuePort });
  return async () => {
    await azurite.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
