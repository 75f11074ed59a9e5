import type { ChainVerdict } from '../escrow/audit/evidence-chain.ts';
import { verifyChain } from '../escrow/audit/evidence-chain.ts';
import type { Task } from './task.ts';

export type EvidenceVerdict = ChainVerdict & { readonly isWhole: boolean };

/** Follows the chain of evidence: audits, and what they list by digest. */
export async function verifyEvidence({ services, signal }: Task): Promise<EvidenceVerdict> {
  const verdict = await verifyChain(services, services.now(), signal);
  // Silence is no proof: whoever verifies the chain expects one to be there.
  const isWhole = verdict.audits > 0 && verdict.findings.every(({ severity }) => severity === 'warning');
  return { ...verdict, isWhole };
}
