import type { FaultEffect } from '../../local-azure/key-vault/faults.ts';

type Forbidden = Extract<FaultEffect, { kind: 'forbidden' }>;

/** A refusal of Key Vault with its reason. */
export const forbidden = (reason: Forbidden['reason']): Forbidden => ({ kind: 'forbidden', reason });

/** An answer of Key Vault or of storage. */
export const answer = (status: number, code: string, message?: string) =>
  ({ kind: 'status', status, code, ...(message !== undefined && { message }) }) as const;
