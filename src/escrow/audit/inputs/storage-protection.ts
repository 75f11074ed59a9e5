import { OutOfTime, reasonOf, ServiceError } from '../../model/service-error.ts';
import type { EscrowStores } from '../../ports/escrow-store.ts';
import type { StorageAdministration } from '../../ports/storage-protection.ts';
import type { AuditedProtection } from '../../records/audit-document.ts';

/**
 * How long the three containers keep what lies in them, and how it is replicated. An audit does without what it may not see: that
 * is said, and is no finding. Never rejects for what the service answers.
 */
export async function readProtection(
  ports: EscrowStores & { readonly storage: StorageAdministration | undefined; readonly deadline: AbortSignal },
): Promise<AuditedProtection> {
  const { storage, deadline, store, audits, drills } = ports;
  if (storage === undefined) return { containers: [], notVisible: whyNotAsked(store.url) };
  const reasons = new Set<string>();
  const unlessRefused = <T>(answer: Promise<T>): Promise<T | undefined> =>
    answer.catch((error: unknown) => {
      if (!(error instanceof ServiceError) && !(error instanceof OutOfTime)) throw error;
      reasons.add(error instanceof ServiceError ? reasonOf(error) : 'no answer in time');
      return undefined;
    });
  const names = [store, audits, drills].map(({ url }) => containerNameOf(url));
  const [redundancy, ...protections] = await Promise.all([
    unlessRefused(storage.redundancy(deadline)),
    ...names.map((name) => unlessRefused(storage.protectionOf(name, deadline))),
  ]);
  return {
    ...(redundancy !== undefined && { redundancy }),
    containers: protections.filter((one) => one !== undefined),
    ...(reasons.size > 0 && { notVisible: [...reasons].join('; ') }),
  };
}

/** @param url of a blob container. */
export function containerNameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

/** Why nobody can be asked about the storage. @param url of the store. */
export function whyNotAsked(url: string): string {
  return url.startsWith('file:')
    ? 'the escrow is a folder'
    : 'the setting ESCROW_ACCOUNT_ID does not say which storage account it is';
}
