import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { KeyVaultOperation } from '../../local-azure/key-vault/data-actions.ts';
import { seededRandom } from '../../local-azure/key-vault/faults.ts';
import { type CliProcess, startCliProcess } from '../support/cli-process.ts';
import { useEscrow } from '../support/escrow-scene.ts';

/** Long enough for a signal to come while a call is under way. */
const latencyMs = 300;
/** A kill may come when it likes. */
const killedLatencyMs = 100;

const { azure, env, cli, night, audit } = await useEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', keys: [{ name: 'Signing', versions: 2 }, 'ledger', 'payroll'] },
    { kind: 'vault', name: 'contoso-drill' },
    { kind: 'vault', name: 'contoso-dr', keys: ['ours'] },
  ],
  [{ vaultName: 'contoso-prod' }],
  ' --max-per-second 1000',
);
const prod = azure.vault('contoso-prod');
const drillVault = azure.vault('contoso-drill');
const left = () => [...drillVault.keyNames(), ...drillVault.deletedKeyNames()];
await night();
await audit();

beforeEach(() => {
  azure.keyVault.faults.clear();
  for (const name of left()) drillVault.purgeKey(name);
});

/** A drill of all keys in its own process, whose calls of one kind take a while; comes back when the first is under way. */
async function drillUntil(operation: KeyVaultOperation, ms = latencyMs): Promise<CliProcess> {
  azure.keyVault.faults.add({ source: 'contoso-drill', operation, effect: { kind: 'latency', ms } });
  const since = azure.keyVault.requests.length;
  const args = ['drill', '--to-vault-name', 'contoso-drill', '--max-per-second', '1000', '--yes', '--json'];
  const drill = startCliProcess(azure, env, args);
  const isThere = () =>
    azure.keyVault.requests
      .slice(since)
      .some((request) => request.operation === operation && request.source.startsWith('contoso-drill.'));
  await expect.poll(isThere, { interval: 5 }).toBe(true);
  return drill;
}

/** Kills it, and comes back when the service has ended what it had begun for it. */
async function killed(drill: CliProcess): Promise<void> {
  await drill.kill('SIGKILL');
  await delay(2 * killedLatencyMs);
  azure.keyVault.faults.clear();
}

describe('a drill that is stopped', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s ends the key under way, takes it away and writes its receipt',
    async (signal) => {
      const drill = await drillUntil('restoreKey');
      await drill.interrupt(signal);
      const { code, stdout } = await drill.ended;
      const receipt = JSON.parse(stdout);
      expect([code, receipt.status, receipt.message]).toEqual([3, 'stopped', 'it was interrupted']);
      expect(receipt.keys).toMatchObject([{ outcome: 'proven' }]);
      expect(left()).toEqual([]);
      expect((await cli('drill sweep --to-vault-name contoso-drill')).stderr).toContain('0 open drills');
    },
  );

  test('at once, by a second signal, says what it leaves', async () => {
    const drill = await drillUntil('deleteKey');
    azure.keyVault.faults.add({ source: 'contoso-drill', operation: 'purgeKey', effect: { kind: 'stall' } });
    await drill.interrupt('SIGTERM');
    const again = setInterval(() => void drill.kill('SIGTERM'), 100);
    const { code, stderr } = await drill.ended;
    clearInterval(again);
    expect([code, stderr]).toEqual([143, expect.stringMatching(/Left behind: key "[^"]+" in vault "contoso-drill"/)]);
    azure.keyVault.faults.clear();
    expect((await cli('drill sweep --to-vault-name contoso-drill --yes')).code).toBe(0);
  });
});

describe('a drill that is killed', () => {
  const random = seededRandom(20_261_128);

  // Between listVersions and getKey nothing changes in the vault.
  test.each(['restoreKey', 'listVersions', 'deleteKey', 'purgeKey', 'getDeletedKey'] as const)(
    'in or after a call of %s leaves at most the key that its open journal names, and the sweep takes that away after a yes',
    async (operation) => {
      const before = prod.versions('Signing');
      const drill = await drillUntil(operation, killedLatencyMs);
      await delay(random() * killedLatencyMs);
      await killed(drill);
      const stands = left();
      expect(stands.length).toBeLessThanOrEqual(1);
      // Nothing is swept, nor begun, before somebody has looked.
      const next = await cli('drill --to-vault-name contoso-drill --sample 1 --yes --what-if');
      expect([next.code, next.stderr]).toEqual([
        stands.length === 0 ? 0 : 1,
        expect.stringContaining('drill sweep --to-vault-name contoso-drill'),
      ]);
      const no = await cli('drill sweep --to-vault-name contoso-drill', { answers: 'n\n' });
      expect([no.code, left()]).toEqual([stands.length === 0 ? 0 : 1, stands]);
      const swept = await cli('drill sweep --to-vault-name contoso-drill --yes');
      expect([swept.code, left(), prod.versions('Signing')]).toEqual([0, [], before]);
      const clean = await cli('drill --to-vault-name contoso-drill --sample 1 --yes --what-if');
      expect([clean.code, clean.stderr.includes('sweep')]).toEqual([0, false]);
    },
  );
});

describe('a sweep', () => {
  test('takes nothing for its own because a journal names it: it shows, asks, and with --yes leaves what no audit knows', async () => {
    // What whoever may write to the container of drills could leave, and a vault that was mistyped.
    await killed(await drillUntil('listVersions', killedLatencyMs));
    const [name = ''] = left();
    drillVault.purgeKey(name);
    drillVault.addKey({ name, versions: 2 });
    const theirs = drillVault.versions(name);
    const swept = await cli('drill sweep --to-vault-name contoso-drill --yes');
    expect(swept).toEnd(3, `Left alone: key "${name}", of which no audit knows that it is a copy`);
    expect(drillVault.versions(name)).toEqual(theirs);
    const elsewhere = await cli('drill sweep --to-vault-name contoso-dr --yes --json');
    expect([elsewhere.code, JSON.parse(elsewhere.stdout)]).toMatchObject([0, { swept: [], receipts: [] }]);
    expect(await cli('drill sweep --to-vault-name contoso-prod --yes')).toEnd(1, 'is a configured source');
    const asked = await cli('drill sweep --to-vault-name contoso-drill', { answers: 'y\n' });
    expect(asked).toEnd(0, 'no copy of a key that audits know');
    expect(left()).toEqual([]);
  });
});
