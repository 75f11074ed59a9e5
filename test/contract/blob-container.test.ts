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
  return {
    store: createBlobContainerStore(azure.containerUrl, credential, fastClock(100)),
    missing: createBlobContainerStore(
      azure.containerUrl.replace(/[^/]+$/, 'no-such-container'),
      credential,
      fastClock(100),
    ),
    close: () => azure.stop(),
  };
});
