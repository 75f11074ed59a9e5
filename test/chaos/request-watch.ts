import { recordName } from '../../src/escrow/records/blob-names.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';

/**
 * Requests of one run as the services see them; the polling of the queue is none.
 * @param place where nothing but this run goes on.
 */
export function watchRequests({ keyVault, storage, containerUrl, identities }: EscrowPlace, runId: string) {
  const containerName = new URL(containerUrl).pathname.slice(1);
  const forget = (): void => {
    keyVault.requests.length = 0;
    storage.requests.length = 0;
  };
  forget();
  let storageSeen = 0;
  let ofStorage = 0;
  let backupsSeen = 0;
  return {
    /** How many there have been. */
    count(): number {
      for (; storageSeen < storage.requests.length; storageSeen++) {
        const request = storage.requests[storageSeen];
        if (request?.containerName === containerName && request.identity === identities.app.name) ofStorage += 1;
      }
      return keyVault.requests.length + ofStorage;
    },
    /** Of the backup calls since the last time: the records that were there before. */
    backupsOf(already: ReadonlySet<string>): string[] {
      const calls = keyVault.requests.slice(backupsSeen);
      backupsSeen = keyVault.requests.length;
      return calls.flatMap(({ operation, authenticated, source: host, keyName = '' }) => {
        if (operation !== 'backupKey' || !authenticated) return [];
        const [name = '', suffix] = host.split('.');
        const record = recordName({ kind: suffix === 'vault' ? 'vault' : 'managedHsm', name }, keyName, runId);
        return already.has(record) ? [record] : [];
      });
    },
    stop: forget,
  };
}
