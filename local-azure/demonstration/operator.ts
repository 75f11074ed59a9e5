import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What `npm start` writes for other processes while it runs. */
const environmentFile = '.local/environment.json';

/**
 * `npm run local -- <command>`: the command line in the local Azure that `npm start` keeps running, as the operator. A child
 * process, because trust (NODE_EXTRA_CA_CERTS) is read when a process starts.
 */
async function main(args: readonly string[]): Promise<number> {
  const environment = await readEnvironment();
  if (environment === undefined) {
    console.error(
      `No local Azure is running here (${environmentFile} is missing or left over). Start one in another terminal: npm start.`,
    );
    return 2;
  }
  const isSabotage = args[0] === 'sabotage';
  const program = fileURLToPath(new URL(isSabotage ? 'sabotage.ts' : '../../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, [program, ...args.slice(isSabotage ? 1 : 0)], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  // Ctrl-C reaches the child by itself; it decides how to end.
  process.on('SIGINT', () => undefined);
  const [exitCode] = await once(child, 'exit');
  if (args.length === 0 || args[0] === 'help')
    console.log('\nOnly here: npm run local -- sabotage --vault-name V --name K | --all [--delete]');
  return exitCode ?? 1;
}

async function readEnvironment(): Promise<Record<string, string> | undefined> {
  try {
    const { pid, env } = JSON.parse(await readFile(environmentFile, 'utf8'));
    process.kill(pid, 0);
    return env;
  } catch {
    return undefined;
  }
}

process.exitCode = await main(process.argv.slice(2));
