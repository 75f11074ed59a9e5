import { findingMessage } from '../../src/escrow/model/finding.ts';
import type { AuditedKey } from '../../src/escrow/records/audit-document.ts';
import type { ListedAudit } from './listed-audit.ts';

/** `<finding>` or `<finding> <key>`; a warning has `(warning)` after it. In the order of the audit. */
export function found({ findings }: ListedAudit): string[] {
  return findings.map(
    ({ finding, key, severity }) => `${finding}${key ? ` ${key}` : ''}${severity === 'warning' ? ' (warning)' : ''}`,
  );
}

export function keyIn({ keys }: ListedAudit, name: string): AuditedKey | undefined {
  return keys.find(({ key }) => key === name);
}

/** The sentence of a finding. */
export function messageOf({ findings }: ListedAudit, index: number): string | undefined {
  return findings[index] && findingMessage(findings[index]);
}
