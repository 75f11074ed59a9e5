import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { adoptEnvironment } from '../../local-azure/demonstration/adopt-environment.ts';
import type { AddKeyOptions, LocalSourceOptions } from '../../local-azure/key-vault/local-source.ts';
import { type LocalAzure, startLocalAzure } from '../../local-azure/local-azure.ts';

export interface TestAzure extends LocalAzure {
  readonly containerName: string;
  readonly queueName: string;
}

/** A vault or Managed HSM with keys in it: each by its name alone, or with what is special about it. */
export interface TestSource extends LocalSourceOptions {
  readonly keys?: readonly (string | AddKeyOptions)[];
}

/**
 * The local Azure of one test file, on the suite's Azurite with a container and queues of its own, and this process
 * living in it as the application. Start it in `beforeAll`, stop it in `afterAll`; one per file (see adoptEnvironment).
 * @param options.env settings of the product to set as well, for as long as it runs.
 */
export async function startTestAzure(
  options: { sources?: readonly TestSource[]; env?: Readonly<Record<string, string>> } = {},
): Promise<TestAzure> {
  const { account, ...azurite } = inject('azurite');
  const unique = randomBytes(6).toString('hex');
  const containerName = `escrow-${unique}`;
  const queueName = `requests-${unique}`;
  const local = await startLocalAzure({
    account,
    container: containerName,
    queues: [queueName],
    shared: { azurite, certificates: inject('certificates') },
  });
  for (const { keys = [], ...source } of options.sources ?? []) {
    const added = local.keyVault.addSource(source);
    for (const key of keys) added.addKey(typeof key === 'string' ? { name: key } : key);
  }
  const leave = adoptEnvironment(local, options.env);
  const stop = async (): Promise<void> => {
    leave();
    await local.stop();
  };
  return { ...local, containerName, queueName, stop, [Symbol.asyncDispose]: stop };
}
