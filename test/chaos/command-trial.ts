import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { runCommand } from '../support/cli.ts';
import { viewContainer } from '../support/container-view.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { type EscrowPlace, escrowSettings } from '../support/escrow-place.ts';
import { lastNight } from '../support/now.ts';
import { secretFinder } from '../support/secrets.ts';
import { commandGroundOf, groundOf } from './fault-ground.ts';
import type { CommandFault } from './named-fault.ts';

/** Escrows the keys of a vault of its own, disturbs what the row says, and holds the command to the row. */
export async function tryCommand(
  place: EscrowPlace,
  fault: CommandFault,
  name: string,
): Promise<{ readonly untrue: readonly string[]; readonly leaks: readonly string[] }> {
  const { arrange, command, exitCode, says, inTarget = [], keyType, targetSku } = fault;
  const source = place.keyVault.addSource({ kind: 'vault', name });
  for (const key of ['key-1', 'key-2']) source.addKey({ name: key, ...(keyType && { kty: keyType }) });
  const target = place.keyVault.addSource({
    kind: 'vault',
    name: `${name}-target`,
    ...(targetSku && { sku: targetSku }),
  });
  const sources = [{ vaultName: name }];
  const { error } = await (await startEscrowApp(place, sources)).nightly(lastNight());
  if (error !== undefined) throw error;
  const container = viewContainer(place);
  const records = await container.names(`vaults/${name}/`);
  const contents = await Promise.all(records.map((record) => container.read(record)));
  const ground = commandGroundOf(
    groundOf(place, source, scheduledRunId(lastNight()), place.identities.operator.name),
    target,
  );
  await arrange(ground);
  const folder = await mkdtemp(join(tmpdir(), 'keyvault-escrow-chaos-'));
  const line = command(ground, join(folder, 'receipt.jsonl'));
  const options = { env: escrowSettings(place, sources), speed: 1000 };
  const { code, stdout, stderr } = await runCommand(place, line, options).finally(() =>
    rm(folder, { recursive: true }),
  );
  const printed = `${stdout}\n${stderr}`;
  const left = [...target.keyNames(), ...target.deletedKeyNames()].sort();
  return {
    untrue: [
      ...(code === exitCode ? [] : [`exit code ${code} instead of ${exitCode}`]),
      ...(says.test(printed) ? [] : [`it does not say ${says}, but: ${printed}`]),
      ...(left.join() === inTarget.join() ? [] : [`in the vault that is restored to: ${left.join(', ') || 'nothing'}`]),
    ],
    leaks: secretFinder(contents.map((bytes) => ({ what: 'a backup', bytes }))).findIn(printed),
  };
}
