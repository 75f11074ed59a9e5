import { verifyChain } from '../escrow/audit/checks/verify-chain.ts';
import { describeFailure, failureSentence } from '../escrow/model/failure.ts';
import { maxRecordBytes } from '../escrow/records/blob-fault.ts';
import { faultsOfRecord } from '../escrow/records/record-verification.ts';
import { forEachRecord, type RecordQuery } from './find-records.ts';
import type { Task } from './task.ts';

export type Verification = Awaited<ReturnType<typeof verifyRecords>>;

export interface VerificationFinding {
  /** Absent when it is about no record. */
  readonly blobName?: string;
  readonly code: string;
  readonly message: string;
}

/** Reads records back and checks them against everything they say about themselves. @throws UsageFault */
export async function verifyRecords(query: RecordQuery, task: Task, onRead: () => void) {
  const { services, signal } = task;
  const counts = { records: 0, bytes: 0 };
  const findings: VerificationFinding[] = [];
  await forEachRecord(query, task, async (record) => {
    const { blobName, source, keyName } = record;
    try {
      const bytes = await services.store.read(blobName, signal, maxRecordBytes);
      counts.bytes += bytes.length;
      const faults = faultsOfRecord(record, bytes, services.settings.suffixes);
      findings.push(...faults.map((fault) => ({ blobName, ...fault })));
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = describeFailure(error, 'readRecord', source, keyName);
      findings.push({ blobName, code: failure.code, message: failureSentence(failure) });
    }
    counts.records++;
    onRead();
  });
  // Silence is no proof: whoever verifies expects something to be there.
  if (counts.records === 0) {
    findings.push({ code: 'nothingToVerify', message: 'no record matches, so nothing was verified' });
  }
  findings.sort((a, b) => ((a.blobName ?? '') < (b.blobName ?? '') ? -1 : 1));
  return { status: findings.length === 0 ? 'ok' : 'findings', counts, findings };
}

export type EvidenceVerdict = Awaited<ReturnType<typeof verifyEvidence>>;

/** Follows the chain of audits. @param onRead is called after each. */
export async function verifyEvidence({ services, signal }: Task, onRead: () => void) {
  const { audits, newest, findings } = await verifyChain(services.audits, signal, onRead);
  // Silence is no proof: whoever verifies the chain expects one to be there.
  const status = audits > 0 && findings.length === 0 ? 'ok' : 'findings';
  return { status, counts: { audits }, newest, findings };
}
