import PQueue from 'p-queue';
import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { runCommand } from '../support/cli.ts';
import { type Invocation, startEscrowApp } from '../support/escrow-app.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';
import { lastNight } from '../support/now.ts';
import { secretFinder } from '../support/secrets.ts';
import { commandFaults } from './command-faults.ts';
import { tryCommand } from './command-trial.ts';
import { groundOf } from './fault-ground.ts';
import { judgeFaultRun } from './fault-verdict.ts';
import { identityFaults } from './identity-faults.ts';
import { keyVaultFaults } from './key-vault-faults.ts';
import type { CommandFault, NamedFault } from './named-fault.ts';
import { storageFaults } from './storage-faults.ts';

/** Every fault of a run that is tried, in the order of the table. */
export const namedFaults: readonly NamedFault[] = [...keyVaultFaults, ...identityFaults, ...storageFaults];

interface FaultTrial {
  readonly fault: NamedFault | CommandFault;
  /** Why the outcome is not the truthful one; empty: survived. */
  readonly untrue: readonly string[];
  readonly leaks: readonly string[];
}

// Back-offs and holds go this much faster; the time-outs of single calls are real.
const speed = 100;

/**
 * Tries those faults of a run, and all of commands, side by side, each on a source of its own; those that disturb what all share, one
 * after the other.
 */
export async function tryFaults(
  place: EscrowPlace,
  faults: readonly NamedFault[],
  report?: (trial: FaultTrial) => void,
): Promise<FaultTrial[]> {
  const trials: FaultTrial[] = [];
  const keep = (trial: FaultTrial): void => {
    trials.push(trial);
    report?.(trial);
  };
  const attemptCommand = async (fault: CommandFault) =>
    keep({ fault, ...(await tryCommand(place, fault, `command-${commandFaults.indexOf(fault)}`)) });
  const attempt = async (fault: NamedFault) =>
    keep(await tryFault(place, fault, `fault-${namedFaults.indexOf(fault)}`));
  const together = faults.filter(({ alone }) => alone === undefined);
  const patient = together.filter(({ patience }) => patience !== undefined);
  const quick = together.filter(({ patience }) => patience === undefined);
  // More at once would only make more connections.
  const some = new PQueue({ concurrency: 4 });
  await Promise.all([
    ...patient.map(attempt),
    some.addAll(quick.map((fault) => () => attempt(fault))),
    some.addAll(commandFaults.map((fault) => () => attemptCommand(fault))),
  ]);
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
  for (let index = 0; index < 3; index++) source.addKey({ name: `key-${index}` });
  const runId = scheduledRunId(lastNight());
  const identity = place.registry.add(`of ${name}`, appDataActions);
  await fault.arrange(groundOf(place, source, runId, identity.name));
  const setting = kind === 'vault' ? { vaultName: name } : { hsmName: name };
  const app = await startEscrowApp(place, [setting], {
    speed,
    identity: { clientId: fault.clientId ?? identity.clientId },
  });
  const refusedBefore = place.proxy.refusedHosts.length;
  const invocation = await app.nightly(lastNight());
  const verdict = await judgeFaultRun(place, source, runId, fault.expected, invocation);
  const strayed = place.proxy.refusedHosts.slice(refusedBefore).map((host) => `a request went out to ${host}`);
  const { says, patience } = fault;
  const byHand = says === undefined || patience !== undefined ? [] : [await backUpByHand()];
  const printed = says === undefined ? [] : [invocation.error?.message ?? '', ...byHand];
  const silent = printed.filter((text) => !says?.test(text)).map((text) => `it does not say ${says}, but: ${text}`);
  const leaks = leaksOf(invocation, { ...verdict, texts: [...verdict.texts, ...printed] });
  return { fault, untrue: [...verdict.untrue, ...strayed, ...silent], leaks };

  async function backUpByHand(): Promise<string> {
    const line = `backup --${kind === 'vault' ? 'vault' : 'hsm'}-name ${name} --store ${place.containerUrl}`;
    const { stdout, stderr } = await runCommand(place, line, { env: {}, identity, speed: 1000 });
    return stdout + stderr;
  }
}

function leaksOf(
  { lines, error }: Invocation,
  { contents, texts }: Awaited<ReturnType<typeof judgeFaultRun>>,
): string[] {
  const finder = secretFinder(contents.map((bytes, index) => ({ what: `backup ${index}`, bytes })));
  const said = [...lines.map((line) => JSON.stringify(line)), error?.stack ?? '', ...texts];
  return said.flatMap((text) => finder.findIn(text));
}
