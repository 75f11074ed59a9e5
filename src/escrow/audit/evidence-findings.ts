import { canaryName } from '../blob-names.ts';
import type { Finding } from '../finding.ts';
import { gap, instant } from '../finding.ts';

// What an audit says about the proof itself: drills, write-once, the chain of evidence.

export function drillOverdue(maxDays: number, last: Date | undefined): Finding {
  const when =
    last === undefined
      ? 'No successful restore drill is on record'
      : `The last successful restore drill ended ${instant(last)}`;
  const remedy = 'Run a drill: npm run escrow -- drill.';
  return gap('drillOverdue', `${when}; one is due every ${maxDays} days.`, remedy);
}

export function notWriteOnce(what: 'overwritten' | 'deleted'): Finding {
  const remedy = `Take the right to ${what === 'deleted' ? 'delete' : 'overwrite'} blobs from the app's identity (infra assigns a role without it), and put an immutability policy on the container.`;
  return gap(
    'notWriteOnce',
    `The escrow is not write-once: the app's own identity has ${what} the blob "${canaryName}".`,
    remedy,
  );
}

export function writeOnceUnproven(why: string): Finding {
  const remedy = 'Run the audit again; if it keeps failing, check the storage account.';
  return gap('writeOnceUnproven', `That the escrow is write-once could not be proven: ${why}.`, remedy);
}

export function evidenceMissing(name: string, listedBy: string): Finding {
  const remedy = 'Find out who removed it (storage logs, soft-deleted blobs), and undelete it if you can.';
  return gap('evidenceMissing', `"${name}" has been removed, though "${listedBy}" lists its digest.`, remedy);
}

export function evidenceAltered(name: string, listedBy: string): Finding {
  const remedy = 'Do not trust it; find out who replaced it (storage logs), and run verify --chain for the rest.';
  return gap(
    'evidenceAltered',
    `"${name}" has been altered: its content has another SHA-256 than "${listedBy}" lists.`,
    remedy,
  );
}

export function chainUnreadable(name: string, how: string): Finding {
  const remedy = 'Find out who wrote it (storage logs), and run verify --chain.';
  return gap('chainUnreadable', `The audit "${name}" ${how}.`, remedy);
}

/** @param latest the newest of `count` audits or pages that it leaves out. */
export function evidenceUnlisted(name: string, latest: string, count: number): Finding {
  const others = count === 1 ? '' : `, nor ${count - 1} older`;
  const remedy =
    'Find out who wrote both (storage logs): the log line escrow.audit.completed of each audit that the app wrote has its SHA-256.';
  return gap(
    'evidenceUnlisted',
    `The audit "${name}" does not list "${latest}"${others}, which was there before it.`,
    remedy,
  );
}

export function auditMissing(due: Date, last: Date): Finding {
  const remedy =
    'If the app was stopped, see that it runs; if the log has a line escrow.audit.completed of that time, its audit has been removed: find out who did it (storage logs).';
  const reason = `There is no audit of ${instant(due)}, when one was due; the last before this one is of ${instant(last)}.`;
  return gap('auditMissing', reason, remedy);
}
