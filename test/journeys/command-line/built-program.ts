import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startCliProcess } from '../../support/cli-process.ts';
import type { TestAzure } from '../../support/local-azure.ts';

/** Where the program is started. */
interface ProgramScene {
  readonly azure: TestAzure;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** The tests of the program as it is deployed, in a process of its own. */
export function describeBuiltProgram({ azure, env, folder }: ProgramScene): void {
  describe('the built command line', () => {
    const { faults, requests } = azure.keyVault;
    const start = (args: readonly string[]) => startCliProcess(azure, env, args);
    const isRestoring = async (since: number) => {
      const asked = () => requests.slice(since).some(({ operation }) => operation === 'restoreKey');
      await expect.poll(asked, { interval: 10 }).toBe(true);
    };
    const run = (args: readonly string[]) => start(args).ended;

    test('is one file that needs nothing beside it, and lists in another process', async () => {
      const { code, stdout, stderr } = await run(['list', '--vault-name', 'contoso-prod', '--json']);
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout).counts.keys).toBe(2);
    });

    test('ends what is under way on Ctrl-C, says what was done, and can be gone on with', async () => {
      const receipt = join(folder, 'receipt.jsonl');
      const args = ['restore', '--vault-name', 'contoso-prod', '--all', '--to-vault-name', 'contoso-drill', '--yes'];
      const slow = faults.add({ operation: 'restoreKey', effect: { kind: 'latency', ms: 300 } });
      const since = requests.length;
      const { send, ended, interrupt } = start([...args, '--receipt', receipt, '--max-per-second', '2', '--json']);
      await isRestoring(since);
      await interrupt('SIGINT');
      // Where its shell is bash, npm hands on what the terminal has sent already.
      send('SIGINT');
      const { code, stdout, stderr } = await ended;
      slow();
      expect([code, stderr]).toEqual([3, expect.stringContaining('Run the same command again to go on.')]);
      const { counts } = JSON.parse(stdout);
      expect([counts.failed, counts.restored > 0, counts.left > 0]).toEqual([0, true, true]);
      const again = await run([...args, '--receipt', receipt, '--max-per-second', '1000', '--json']);
      expect([again.code, JSON.parse(again.stdout).counts.left]).toEqual([0, 0]);
    });

    test('stops at once at a second Ctrl-C', async () => {
      const stalled = faults.add({ operation: 'restoreKey', effect: { kind: 'stall' } });
      const since = requests.length;
      const { send, ended, interrupt } = start([
        ...['restore', '--hsm-name', 'contoso-hsm', '--name', 'payments', '--to-hsm-name', 'spare-hsm', '--yes'],
      ]);
      await isRestoring(since);
      await interrupt('SIGINT');
      const again = setInterval(() => send('SIGINT'), 50);
      const { code } = await ended;
      clearInterval(again);
      stalled();
      expect(code).toBe(130);
    });

    test('exits 2 for usage and 3 for findings', async () => {
      expect((await run(['lisst'])).code).toBe(2);
      expect((await run(['status', '--max-age', '0s'])).code).toBe(3);
    });
  });
}
