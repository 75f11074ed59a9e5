import type { Audit, AuditedKey } from '../../src/escrow/records/audit-document.ts';

/** `<finding>` or `<finding> <key>`; a warning has `(warning)` after it. In the order of the audit. */
export function found({ findings }: Audit): string[] {
  return findings.map(
    ({ finding, key, severity }) => `${finding}${key ? ` ${key}` : ''}${severity === 'warning' ? ' (warning)' : ''}`,
  );
}

export function keyIn({ keys }: Audit, name: string): AuditedKey | undefined {
  return keys.find(({ key }) => key === name);
}
