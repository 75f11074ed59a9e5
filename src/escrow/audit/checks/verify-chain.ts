import { type Finding, finding } from '../../model/finding.ts';
import type { EscrowStore } from '../../ports/escrow-store.ts';
import type { AuditDigest } from '../../records/audit-document.ts';
import { listAudits, readAudit } from '../../records/stored-audits.ts';

/**
 * Follows the chain from the first audit to the last: every audit is there and is what its successor's digest says. Reads all
 * of them once.
 * @param progress is called after each.
 * @returns `newest`: nothing in the store proves this one; compare it with the log line `escrow.audit.completed`.
 */
export async function verifyChain(audits: EscrowStore, deadline: AbortSignal, progress: () => void = () => undefined) {
  const findings: Finding[] = [];
  const digests = new Map<string, string>();
  const links: { readonly name: string; readonly previous: AuditDigest | undefined }[] = [];
  let newest: AuditDigest | undefined;
  for (const blob of await listAudits(audits, deadline)) {
    const read = await readAudit(audits, blob, deadline);
    progress();
    if ('sha256' in read) {
      newest = { name: read.name, sha256: read.sha256 };
      digests.set(read.name, read.sha256);
      links.push({ name: read.name, previous: read.head.previous });
    } else {
      digests.set(read.name, '');
      findings.push(broken('auditUnreadable', 'an audit cannot be read', `${read.name}: ${read.why}`));
    }
  }
  for (const [index, { name, previous }] of links.entries()) {
    if (previous === undefined) {
      if (index > 0)
        findings.push(broken('auditMissing', 'an audit knows none before it, though there are some', name));
      continue;
    }
    const found = digests.get(previous.name);
    if (found === undefined) {
      findings.push(
        broken('auditMissing', 'an audit is gone that its successor names', `${previous.name}, named by ${name}`),
      );
    } else if (found !== previous.sha256 && found !== '') {
      findings.push(broken('auditAltered', 'an audit is not what its successor says', `${previous.name}, by ${name}`));
    }
  }
  return { audits: digests.size, newest, findings };
}

function broken(kind: 'auditUnreadable' | 'auditMissing' | 'auditAltered', reason: string, detail: string): Finding {
  const remedy =
    'Find out who did it (storage logs, soft-deleted blobs): the log line escrow.audit.completed has the SHA-256 of every audit that the app wrote.';
  return finding(kind, 'gap', { reason, detail, remedy });
}
