import { findingMessage } from '../escrow/model/finding.ts';
import type { RunId } from '../escrow/model/run-id.ts';
import type { EscrowLog } from '../escrow/ports/escrow-events.ts';
import { trialFindings, tryCanary } from '../escrow/write-once/canary.ts';
import type { Services } from './services.ts';

// The messages of a fan-out wait for the trial, so it must be over soon.
const maxTrialMs = 60_000;

/** Tries whether this identity could overwrite or delete records. What is wrong is logged as an audit's finding: it stops no run. */
export async function tryWriteOnce({ store }: Services, runId: RunId, log: EscrowLog): Promise<void> {
  for (const found of trialFindings(await tryCanary(store, AbortSignal.timeout(maxTrialMs)))) {
    const { finding, severity, remedy } = found;
    log('error', { event: 'escrow.coverage.gap', runId, finding, severity, message: findingMessage(found), remedy });
  }
}
