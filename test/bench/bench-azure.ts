import { type LocalAzure, startLocalAzure } from '../../local-azure/local-azure.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import type { LoopJob } from './script-loops.ts';

/** A vault or Managed HSM to measure on, with keys `key-00001`, `key-00002`, … */
export interface BenchSource {
  readonly kind: 'vault' | 'managedHsm';
  readonly name: string;
  readonly keys: number;
  /** Ours; 1,000 where the pace shall be out of the way. */
  readonly maxBackupsPerSecond?: number;
  /** The service's. */
  readonly callsPerSecond?: number;
  readonly except?: readonly string[];
}

const outOfTheWay = 1000;
const queueName = 'key-escrow-requests';

/** A private Azure with these sources. Each key has one EC version; its backup is about 10 KB, as the service's. */
export async function startBenchAzure(sources: readonly BenchSource[]): Promise<LocalAzure> {
  const azure = await startLocalAzure({ account: 'escrowbench', container: 'key-escrow', queues: [queueName] });
  for (const { kind, name, keys, callsPerSecond } of sources) {
    const source = azure.keyVault.addSource({ kind, name, ...(callsPerSecond !== undefined && { callsPerSecond }) });
    for (let number = 1; number <= keys; number++) source.addKey({ name: keyName(number) });
  }
  return azure;
}

export function keyName(number: number): string {
  return `key-${String(number).padStart(5, '0')}`;
}

/** The app's environment in that Azure: settings for these sources, and everything that reaches it. */
export function settingsOf(
  azure: LocalAzure,
  sources: readonly BenchSource[],
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const asked = sources.map(({ kind, name, maxBackupsPerSecond = outOfTheWay, except = [] }) => ({
    [kind === 'vault' ? 'vaultName' : 'hsmName']: name,
    maxBackupsPerSecond,
    except,
  }));
  return {
    ...azure.env,
    ...escrowSettings({ ...azure, queueName }, asked),
    AzureFunctionsJobHost__functionTimeout: '00:30:00',
    ...more,
  };
}

/** The script's job in that Azure: blobs named `<folder>/<key>`. */
export function loopOver(azure: LocalAzure, vault: BenchSource, folder: string, callsAtOnce: number): LoopJob {
  return { vaultUrl: `https://${vault.name}.vault.azure.net`, containerUrl: azure.containerUrl, folder, callsAtOnce };
}

/** The service's answer time, as a distant vault's. Challenges have it too. */
export function slowDown(azure: LocalAzure, ms: number): void {
  azure.keyVault.faults.add({ requests: 'all', effect: { kind: 'latency', ms } });
}
