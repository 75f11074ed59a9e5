import type { Finding } from '../model/finding.ts';
import type { StoredBlob } from '../ports/escrow-store.ts';
import { auditName, parseAuditName } from '../records/blob-names.ts';
import { auditOfPageMissing, pageMissing } from './evidence-findings.ts';

// A page is written seconds after its audit.
const pageLagMs = 10 * 60 * 1000;

/** Audits without their page, unless it may still be on its way, and pages without their audit, among some of all blobs. */
export function findPairless(some: readonly StoredBlob[], all: readonly StoredBlob[], now: Date): Finding[] {
  const there = new Set(all.map(({ name }) => name));
  return some.flatMap(({ name, createdAt }) => {
    const parsed = parseAuditName(name);
    if (parsed === undefined) return [];
    const { auditId, form, attempt } = parsed;
    const other = auditName(auditId, form === 'json' ? 'html' : 'json', attempt);
    if (there.has(other)) return [];
    if (form === 'html') return [auditOfPageMissing(other, name)];
    return createdAt.getTime() + pageLagMs <= now.getTime() ? [pageMissing(other, name)] : [];
  });
}
