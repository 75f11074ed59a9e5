import type { Finding, FindingKind, FindingText } from '../../model/finding.ts';
import { finding } from '../../model/finding.ts';
import type { SourceId } from '../../model/source.ts';

export type MakeFinding = (kind: FindingKind, severity: Finding['severity'], text: FindingText) => Finding;

/** Makes findings of one source, or of one of its keys. */
export function findingsOf(about: { readonly source: SourceId; readonly key?: string }): MakeFinding {
  return (kind, severity, text) => finding(kind, severity, text, about);
}

/** What checks found, each `condition && finding(…)`. */
export function found(...checks: readonly (Finding | false | undefined)[]): Finding[] {
  return checks.filter((one) => one !== undefined && one !== false);
}
