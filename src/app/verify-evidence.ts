import type { ChainVerdict } from '../escrow/audit/checks/verify-chain.ts';
import { verifyChain } from '../escrow/audit/checks/verify-chain.ts';
import type { Task } from './task.ts';

export type EvidenceVerdict = ChainVerdict & { readonly isWhole: boolean };

/** Follows the chain of audits. @param onRead is called after each. */
export async function verifyEvidence({ services, signal }: Task, onRead: () => void): Promise<EvidenceVerdict> {
  const verdict = await verifyChain(services.audits, signal, onRead);
  // Silence is no proof: whoever verifies the chain expects one to be there.
  return { ...verdict, isWhole: verdict.audits > 0 && verdict.findings.length === 0 };
}
