import type { LocalSource } from '../../local-azure/key-vault/local-source.ts';
import { recordName } from '../../src/escrow/records/blob-names.ts';
import { viewContainer } from '../support/container-view.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';
import type { CommandGround, FaultGround } from './named-fault.ts';

/** @param identity the name of whom the run has, whose tokens can be disturbed. */
export function groundOf(azure: EscrowPlace, source: LocalSource, runId: string, identity: string): FaultGround {
  const { name, kind } = source;
  const records = new RegExp(`^(vaults|managed-hsms)/${name}/`);
  return {
    azure,
    source,
    disturb: (fault) => void azure.keyVault.faults.add({ ...fault, source: name }),
    disturbIdentity: (fault) => void azure.identityEndpoint.faults.add({ ...fault, identity }),
    disturbStorage(fault, blob) {
      const blobName =
        typeof blob === 'object'
          ? new RegExp(`/${name}/${blob.recordOf}/`)
          : blob === 'record'
            ? records
            : new RegExp(`^runs/.*/${name}(\\.\\d+)?\\.${blob === 'report' ? 'json' : 'started'}$`);
      azure.storage.faults.add({ ...fault, blobName });
    },
    occupy: (keyName) => viewContainer(azure).put(recordName({ kind, name }, keyName, runId), 'somebody else’s'),
  };
}

/** The same with a vault to restore to. */
export function commandGroundOf(ground: FaultGround, target: LocalSource): CommandGround {
  const { azure, source } = ground;
  const container = viewContainer(azure);
  return {
    ...ground,
    target,
    disturbTarget: (fault) => void azure.keyVault.faults.add({ ...fault, source: target.name }),
    async archive(what) {
      const names = await container.names(what === 'records' ? `vaults/${source.name}/` : 'runs/');
      for (const name of names.filter((one) => one.includes(`/${source.name}${what === 'records' ? '/' : '.'}`)))
        await container.client.getBlobClient(name).setAccessTier('Archive');
    },
  };
}
