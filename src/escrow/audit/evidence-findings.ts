import type { Finding } from '../model/finding.ts';
import { asWarning, gap, instant } from '../model/finding.ts';

// What an audit says about the proof itself: drills, the chain of evidence.

export function drillOverdue(maxDays: number, last: Date | undefined): Finding {
  const when =
    last === undefined
      ? 'No successful restore drill is on record'
      : `The last successful restore drill ended ${instant(last)}`;
  const remedy = 'Run a drill: `keyvault-escrow drill`.';
  return gap('drillOverdue', `${when}; one is due every ${maxDays} days.`, remedy);
}

export function evidenceMissing(name: string, listedBy: string): Finding {
  const remedy = 'Find out who removed it (storage logs, soft-deleted blobs), and undelete it if you can.';
  return gap('evidenceMissing', `"${name}" has been removed, though "${listedBy}" lists its digest.`, remedy);
}

export function auditOfPageMissing(name: string, page: string): Finding {
  const remedy = 'Find out who removed it, or who left the page (storage logs), and undelete it if you can.';
  return gap('evidenceMissing', `The audit "${name}" is not there, though its page "${page}" is.`, remedy);
}

export function pageMissing(page: string, name: string): Finding {
  const remedy =
    'If the log says that it could not be written, nothing is lost: the audit has all of it. Otherwise find out who removed it (storage logs).';
  const reason = `The page "${page}" is not there, though its audit "${name}" is.`;
  return asWarning(gap('pageMissing', reason, remedy));
}

const whoReplaced = 'Do not trust it before you know who wrote it (storage logs), and run verify --chain for the rest.';

export function evidenceAltered(name: string, listedBy: string): Finding {
  return gap('evidenceAltered', `"${name}" has changed since "${listedBy}" listed its digest.`, whoReplaced);
}

export function notAsWritten(name: string): Finding {
  return gap('evidenceAltered', `"${name}" is not what was written: the digest beside it is another.`, whoReplaced);
}

export function chainUnreadable(name: string): Finding {
  const remedy =
    'Find out who wrote it (storage logs), the app itself in another version perhaps, and run verify --chain.';
  return gap('chainUnreadable', `The audit "${name}" cannot be read as one.`, remedy);
}

/** @param latest the newest of `count` audits or pages that it leaves out. */
export function evidenceUnlisted(name: string, latest: string, count: number): Finding {
  const others = count === 1 ? '' : ` and ${count - 1} older`;
  const remedy =
    'Find out who wrote each (storage logs): the log line escrow.audit.completed of every audit that the app wrote has its SHA-256.';
  const reason = `The audit "${name}" leaves out "${latest}"${others}, which ${count === 1 ? 'was' : 'were'} there before it.`;
  return gap('evidenceUnlisted', reason, remedy);
}

/** @param dues when audits were due that are not there, oldest first. @param last the audit before. */
export function auditMissing(dues: readonly Date[], last: Date): Finding[] {
  const [first] = dues;
  if (first === undefined) return [];
  const remedy =
    'If the app was stopped, see that it runs; if the log has a line escrow.audit.completed of that time, its audit has been removed: find out who did it (storage logs).';
  const others = dues.length === 1 ? '' : ` and ${dues.length - 1} more`;
  const reason = `No audit is there of ${instant(first)}, when one was due${others}; the one before is of ${instant(last)}.`;
  return [gap('auditMissing', reason, remedy)];
}
