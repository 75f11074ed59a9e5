import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import type { LocalSource } from '../../local-azure/key-vault/local-source.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { recordName } from '../../src/escrow/records/blob-names.ts';
import { viewContainer } from '../support/container-view.ts';
import { type Invocation, startEscrowApp } from '../support/escrow-app.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';
import { lastNight } from '../support/now.ts';
import { secretFinder } from '../support/secrets.ts';
import { judgeFaultRun } from './fault-verdict.ts';
import { keyVaultFaults } from './key-vault-faults.ts';
import type { FaultGround, NamedFault } from './named-fault.ts';
import { storageFaults } from './storage-faults.ts';

/** Every fault that is tried, in the order of the table. */
export const namedFaults: readonly NamedFault[] = [...keyVaultFaults, ...storageFaults];

export interface FaultTrial {
  readonly fault: NamedFault;
  /** Why the outcome is not the truthful one; empty: survived. */
  readonly untrue: readonly string[];
  readonly leaks: readonly string[];
}

// Back-offs and holds go this much faster; the time-outs of single calls are real.
const speed = 40;

/** Tries faults side by side, each on a source of its own; those that disturb what all share, one after the other. */
export async function tryFaults(
  place: EscrowPlace,
  faults: readonly NamedFault[],
  tell?: (trial: FaultTrial) => void,
): Promise<FaultTrial[]> {
  const trials: FaultTrial[] = [];
  const attempt = async (fault: NamedFault): Promise<void> => {
    const trial = await tryFault(place, fault, `fault-${namedFaults.indexOf(fault)}`);
    trials.push(trial);
    tell?.(trial);
  };
  await Promise.all(faults.filter(({ alone }) => alone === undefined).map(attempt));
  for (const fault of faults.filter(({ alone }) => alone !== undefined)) {
    const undo = fault.alone?.(place);
    try {
      await attempt(fault);
    } finally {
      undo?.();
    }
  }
  return trials;
}

async function tryFault(place: EscrowPlace, fault: NamedFault, name: string): Promise<FaultTrial> {
  const kind = fault.where === 'Managed HSM' ? 'managedHsm' : 'vault';
  const source = place.keyVault.addSource({ kind, name });
  for (let index = 0; index < 4; index++) source.addKey({ name: `key-${index}` });
  const runId = scheduledRunId(lastNight());
  const identity = place.registry.add(`of ${name}`, appDataActions);
  await fault.arrange(groundOf(place, source, runId, identity.name));
  const setting = kind === 'vault' ? { vaultName: name } : { hsmName: name };
  const app = await startEscrowApp(place, [setting], { speed, clientId: fault.clientId ?? identity.clientId });
  const refusedBefore = place.proxy.refusedHosts.length;
  const invocation = await app.nightly(lastNight());
  const verdict = await judgeFaultRun(place, source, runId, fault.expected, invocation);
  const strayed = place.proxy.refusedHosts.slice(refusedBefore).map((host) => `a request went out to ${host}`);
  return { fault, untrue: [...verdict.untrue, ...strayed], leaks: leaksOf(invocation, verdict) };
}

function groundOf(azure: EscrowPlace, source: LocalSource, runId: string, identity: string): FaultGround {
  const { name, kind } = source;
  const records = new RegExp(`^(vaults|managed-hsms)/${name}/`);
  return {
    azure,
    source,
    disturb: (fault) => void azure.keyVault.faults.add({ ...fault, source: name }),
    disturbIdentity: (fault) => void azure.identityEndpoint.faults.add({ ...fault, when: { identity } }),
    disturbStorage({ when, ...fault }, blob) {
      const blobName =
        typeof blob === 'object'
          ? new RegExp(`/${name}/${blob.recordOf}/`)
          : blob === 'record'
            ? records
            : new RegExp(`^runs/.*/${name}(\\.\\d+)?\\.${blob === 'report' ? 'json' : 'started'}$`);
      azure.storage.faults.add({ ...fault, when: { ...when, blobName } });
    },
    occupy: (keyName) => viewContainer(azure).put(recordName({ kind, name }, keyName, runId), 'somebody else’s'),
  };
}

function leaksOf(
  { lines, error }: Invocation,
  { contents, texts }: Awaited<ReturnType<typeof judgeFaultRun>>,
): string[] {
  const finder = secretFinder(contents.map((bytes, index) => ({ what: `backup ${index}`, bytes })));
  const said = [...lines.map((line) => JSON.stringify(line)), error?.stack ?? '', ...texts];
  return said.flatMap((text) => finder.findIn(text));
}
