import { messageOf } from '../model/failure.ts';
import { isDenied } from '../model/failure-kind.ts';
import type { Finding } from '../model/finding.ts';
import { reasonOf } from '../model/remedy.ts';
import { OutOfTime, ServiceError } from '../model/service-error.ts';
import type { EscrowStore, NewBlob } from '../ports/escrow-store.ts';
import { canaryName } from '../records/blob-names.ts';
import { putOnce } from '../records/put-once.ts';
import { notWriteOnce, writeOnceUnproven } from './canary-findings.ts';

const canary: NewBlob = {
  name: canaryName,
  bytes: Buffer.from('Each night tries to overwrite and to delete this blob. Both must be refused.\n'),
  contentType: 'text/plain; charset=utf-8',
  metadata: {},
};

/** What came of trying to overwrite and to delete the canary. */
export interface CanaryTrial {
  readonly overwrite: 'refused' | 'allowed' | 'unproven';
  readonly remove: 'refused' | 'allowed' | 'unproven';
  /** What the service said, where something is unproven. */
  readonly message?: string;
}

/**
 * Tries whether the escrow is write-once by doing the opposite, on a blob that holds nothing. Refused is good. The identity that
 * writes the records does it every night; an audit, which has another identity, sees whether the canary stayed as it was. Never
 * rejects for what the service answers.
 */
export async function tryCanary(store: EscrowStore, deadline: AbortSignal): Promise<CanaryTrial> {
  try {
    if ((await store.find(canaryName, deadline)) === undefined) await putOnce(store, canary, deadline);
  } catch (error) {
    if (error instanceof OutOfTime) throw error;
    const message = `the canary cannot be put: ${wordsOf(error)}`;
    return { overwrite: 'unproven', remove: 'unproven', message };
  }
  const overwrite = await attempt(() => store.replace(canary, deadline));
  const remove = await attempt(() => store.remove(canaryName, deadline));
  const messages = [overwrite.message, remove.message].filter((message) => message !== undefined);
  return {
    overwrite: overwrite.answer,
    remove: remove.answer,
    ...(messages.length > 0 && { message: messages.join('; ') }),
  };
}

export function trialFindings({ overwrite, remove, message }: CanaryTrial): Finding[] {
  const findings: Finding[] = [];
  if (overwrite === 'allowed') findings.push(notWriteOnce('overwritten'));
  if (remove === 'allowed') findings.push(notWriteOnce('deleted'));
  if (overwrite === 'unproven' || remove === 'unproven') findings.push(writeOnceUnproven(message ?? 'no answer'));
  return findings;
}

async function attempt(
  operation: () => Promise<void>,
): Promise<{ readonly answer: CanaryTrial['overwrite']; readonly message?: string }> {
  try {
    await operation();
    return { answer: 'allowed' };
  } catch (error) {
    if (error instanceof OutOfTime) throw error;
    return isRefusal(error) ? { answer: 'refused' } : { answer: 'unproven', message: wordsOf(error) };
  }
}

/** No right to, or write-once by policy. A lease, a firewall or a condition refuses too, and proves nothing of the records. */
function isRefusal(error: unknown): boolean {
  return error instanceof ServiceError && (error.kind === 'writeOnce' || isDenied(error.kind));
}

function wordsOf(error: unknown): string {
  return error instanceof ServiceError ? reasonOf(error) : messageOf(error);
}
