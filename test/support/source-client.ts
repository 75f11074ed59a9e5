import type { TokenCredential } from '@azure/identity';
import type { ConflictWait } from '../../src/escrow/ports/conflict-wait.ts';
import type { KeyOperator } from '../../src/escrow/ports/key-operator.ts';
import { fastClock } from './escrow-app.ts';
import { publicSuffixes } from './escrow-sources.ts';

/** The product's own client of a vault, with the pace of nobody; imported late, because it looks at the environment then. */
export async function openVault(
  { name }: { readonly name: string },
  credential: TokenCredential,
  speed = 100,
  waiting: (wait: ConflictWait) => void = () => undefined,
): Promise<KeyOperator> {
  const { openKeyClient } = await import('../../src/azure/key-vault/key-client.ts');
  const { createKeySource } = await import('../../src/azure/key-vault/key-source.ts');
  const { createKeyOperator } = await import('../../src/azure/key-vault/key-operator.ts');
  const source = { kind: 'vault', name, maxBackupsPerSecond: 100_000 } as const;
  const client = openKeyClient(source, publicSuffixes, credential, fastClock(speed), waiting);
  return createKeyOperator(client, createKeySource(client));
}
