import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, inject } from 'vitest';
import { machineEnvironment } from '../../local-azure/machine-environment.ts';
import type { TestAzure } from './local-azure.ts';

export type CliProcess = ReturnType<typeof startCliProcess>;

const cliBundle = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));

/** The built command line in a process of its own, as the operator: what dies there is really dead. */
export function startCliProcess(azure: TestAzure, env: Readonly<Record<string, string>>, args: readonly string[]) {
  const child = spawn(process.execPath, [cliBundle, ...args], {
    env: {
      ...machineEnvironment(),
      ...env,
      ...azure.envOf(azure.identities.operator),
      NODE_EXTRA_CA_CERTS: inject('authorityFile'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk) => {
      said[stream] += chunk;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code, ...said }));
  return {
    ended,
    send: (signal: NodeJS.Signals) => void child.kill(signal),
    /** Ends it, and comes back when it has ended. */
    async kill(signal: NodeJS.Signals) {
      child.kill(signal);
      await ended;
    },
    /** Sends a signal, and comes back when the command has heard it. */
    async interrupt(signal: NodeJS.Signals) {
      child.kill(signal);
      await expect.poll(() => said.stderr, { interval: 5 }).toContain('Ending what is under way');
    },
  };
}
