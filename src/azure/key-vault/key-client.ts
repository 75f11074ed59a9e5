import type { TokenCredential } from '@azure/identity';
import { KeyClient } from '@azure/keyvault-keys';
import { type SourceSuffixes, sourceUrl } from '../../escrow/model/key-id.ts';
import type { PacedSource } from '../../escrow/model/source.ts';
import type { ConflictWait } from '../../escrow/ports/conflict-wait.ts';
import type { Clock } from '../http/clock.ts';
import { createPacer } from '../http/pacer.ts';
import { toServiceError } from '../http/service-answer.ts';
import { type CallContext, callContext, keyVaultPipeline } from './key-vault-pipeline.ts';

export type OpenKeyClient = ReturnType<typeof openKeyClient>;

/**
 * One SDK client of a source, with the pace that everything passes which this process does there.
 * @param waiting is called before a wait for another operation on a key.
 */
export function openKeyClient(
  source: PacedSource,
  suffixes: SourceSuffixes,
  credential: TokenCredential,
  clock: Clock,
  waiting: (wait: ConflictWait) => void,
) {
  /** `https://<name>.<suffix>`, lower-case. */
  const url = sourceUrl(source, suffixes);
  const service = source.kind === 'vault' ? 'Key Vault' : 'Managed HSM';
  const peer = { service, host: new URL(url).hostname } as const;
  const pacer = createPacer(source.maxBackupsPerSecond, clock);
  const options = keyVaultPipeline(peer, pacer, clock, (wait) => waiting({ source, ...wait }));
  const client = new KeyClient(url, credential, options);
  /** Runs a call of the client; errors that the SDK makes above the pipeline become ServiceErrors like all others. */
  const callService = <T>(context: CallContext, call: () => Promise<T>): Promise<T> =>
    callContext.run(context, call).catch((error: unknown) => {
      throw toServiceError(error, peer);
    });

  /** Every item of a listing, page by page as they arrive; no page is read twice. */
  async function* allPages<Item>(pages: AsyncIterator<Item[]>, deadline: AbortSignal): AsyncGenerator<Item> {
    const context = { deadline, pages: new Set<string>() };
    for (;;) {
      const page = await callService(context, () => pages.next());
      if (page.done) return;
      yield* page.value;
    }
  }

  return { source, url, client, pacer, clock, callService, allPages };
}
