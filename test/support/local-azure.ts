import { randomBytes } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import { adoptEnvironment } from '../../local-azure/demonstration/adopt-environment.ts';
import type { LocalSourceKind } from '../../local-azure/key-vault/data-actions.ts';
import type { AddKeyOptions, LocalSource, LocalSourceOptions } from '../../local-azure/key-vault/local-source.ts';
import { startLocalAzure } from '../../local-azure/local-azure.ts';

export type TestAzure = Awaited<ReturnType<typeof startTestAzure>>;

/** A vault or Managed HSM with keys in it: each by its name alone, or with what is special about it. */
export interface TestSource extends LocalSourceOptions {
  readonly keys?: readonly (string | AddKeyOptions)[];
}

/**
 * A local Azure on the suite's Azurite with a container and queues of its own, and this process living in it as the
 * application; one per file (see adoptEnvironment).
 * @param options.env settings of the product to set as well, for as long as it runs.
 */
export async function startTestAzure(
  options: { sources?: readonly TestSource[]; env?: Readonly<Record<string, string>> } = {},
) {
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
  /** A source that there is; @throws when there is none of that name. */
  const source =
    (kind: LocalSourceKind) =>
    (name: string): LocalSource => {
      const found = local.keyVault.source(kind, name);
      if (found === undefined) throw new Error(`There is no ${kind} "${name}" in this local Azure.`);
      return found;
    };
  return {
    ...local,
    containerName,
    queueName,
    stop,
    vault: source('vault'),
    hsm: source('managedHsm'),
    [Symbol.asyncDispose]: stop,
  };
}

/** The same for a whole test file: awaited where the file begins, stopped after its last test. */
export async function useTestAzure(options: Parameters<typeof startTestAzure>[0] = {}): Promise<TestAzure> {
  const azure = await startTestAzure(options);
  afterAll(() => azure.stop());
  return azure;
}
