import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import { fastClock } from '../support/escrow-app.ts';
import { startTestAzure } from '../support/local-azure.ts';
import { describeEscrowStore } from './escrow-store.ts';

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

describeEscrowStore('a blob container', async () => {
  const azure = await startTestAzure();
  const anybody = [...appDataActions, `${blobs}/write`, `${blobs}/delete`];
  const credential = azure.credential(azure.registry.add('somebody who may do everything', anybody));
  const { createBlobContainerStore } = await import('../../src/store/blob-container.ts');
  const open = (url: string) => createBlobContainerStore(url, credential, fastClock(100));
  const missing = azure.containerUrl.replace(/[^/]+$/, 'no-such-container');
  return { store: open(azure.containerUrl), missing: open(missing), close: () => azure.stop() };
});
