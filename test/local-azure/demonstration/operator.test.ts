import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { escrowSettings } from '../../support/escrow-place.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { projectNode } from '../../support/project-node.ts';
import { useFolder } from '../../support/temporary-folder.ts';

const operator = fileURLToPath(new URL('../../../local-azure/demonstration/operator.ts', import.meta.url));

/** `npm run local -- …` in a folder of its own. */
async function local(args: readonly string[]) {
  const child = spawn(projectNode, [operator, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  return { code, stdout, stderr };
}

async function publish(pid: number): Promise<void> {
  const env = {
    ...escrowSettings(azure, [{ vaultName: 'contoso-prod' }]),
    ...azure.envOf(azure.identities.operator),
    NODE_EXTRA_CA_CERTS: inject('authorityFile'),
  };
  await writeFile(join(folder, '.local/environment.json'), JSON.stringify({ pid, env }));
}

const folder = await useFolder();
await mkdir(join(folder, '.local'));
const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['signing', 'payroll'] }] });

describe('npm run local', () => {
  test('says how to start a local Azure when none is running, or when one left its file behind', async () => {
    const missing = await local(['plan']);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('npm start')]);
    const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(dead, 'exit');
    await publish(dead.pid ?? 0);
    expect((await local(['plan'])).code).toBe(2);
  });

  test('runs a command as the operator of the local Azure, with its exit code', async () => {
    await publish(process.pid);
    const plan = await local(['plan', '--json']);
    expect([plan.code, JSON.parse(plan.stdout).sources[0].counts.wouldEscrow]).toEqual([0, 2]);
    expect(azure.keyVault.requests.at(-1)?.identity).toBe('operator');
    expect((await local(['pan'])).code).toBe(2);
    expect((await local(['help'])).stdout).toContain('sabotage');
  });

  test('loses a key for practice: purged, or only soft-deleted', async () => {
    await publish(process.pid);
    const vault = azure.vault('contoso-prod');
    expect((await local(['sabotage', '--vault-name', 'contoso-prod', '--name', 'signing'])).code).toBe(0);
    expect([vault?.keyNames(), vault?.deletedKeyNames()]).toEqual([['payroll'], []]);
    expect((await local(['sabotage', '--vault-name', 'contoso-prod', '--name', 'payroll', '--delete'])).code).toBe(0);
    expect([vault?.keyNames(), vault?.deletedKeyNames()]).toEqual([[], ['payroll']]);
    expect((await local(['sabotage'])).code).toBe(2);
    for (const name of ['app-1', 'app-2']) vault?.addKey({ name });
    vault?.addKey({ name: 'www-cert', managed: true });
    expect((await local(['sabotage', '--vault-name', 'contoso-prod', '--all', '--name', 'app-1'])).code).toBe(2);
    expect((await local(['sabotage', '--vault-name', 'contoso-prod', '--all'])).code).toBe(0);
    expect(vault?.keyNames()).toEqual(['www-cert']);
  });
});
