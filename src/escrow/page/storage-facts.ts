import { count } from '../model/count.ts';
import type { ContainerProtection } from '../ports/storage-protection.ts';
import type { Audit, AuditedProtection } from '../records/audit-document.ts';
import { type Html, html } from './html.ts';

const policyWords: Readonly<Record<ContainerProtection['policy'], string>> = {
  none: 'no policy: whoever has the right can overwrite and delete',
  unlocked: 'not locked: whoever administers the account can still shorten or remove it',
  locked: 'locked: nobody can shorten or remove it',
};

/** What the names of Azure mean. https://learn.microsoft.com/azure/storage/common/storage-redundancy */
const redundancyWords: Readonly<Record<string, string>> = {
  LRS: 'three copies in one data center',
  ZRS: 'three zones of one region',
  GRS: 'one data center, and a second region',
  RAGRS: 'one data center, and a second region that can be read at any time',
  GZRS: 'three zones of one region, and a second region',
  RAGZRS: 'three zones of one region, and a second region that can be read at any time',
};

/** How long the storage keeps what lies in it, whether that is final, and where the copies are: as the storage's administration says. */
export function storageFacts({ protection }: Audit): Html {
  return html`<dt>Retention</dt><dd>${retention(protection)}</dd>
<dt>Redundancy</dt><dd>${redundancy(protection)}</dd>
`;
}

function retention(protection: AuditedProtection | undefined): Html {
  const containers = protection?.containers ?? [];
  const [first] = containers;
  if (first === undefined) return notVisible(protection);
  const missing = protection?.notVisible !== undefined && html`. Not all is visible: ${protection.notVisible}`;
  const isSame = containers.length === 3 && new Set(containers.map(policyLine)).size === 1;
  if (isSame) return html`${policyLine(first)}. The same for backups, audits and receipts${missing}.`;
  const each = containers.map(
    (one, index) => html`${index > 0 && '; '}<code>${one.container}</code> ${policyLine(one)}`,
  );
  return html`${each}${missing}.`;
}

function policyLine({ policy, retentionDays }: ContainerProtection): string {
  const days = retentionDays === undefined ? '' : `${count(retentionDays, 'day')} from the creation of each blob, `;
  return `${days}${policyWords[policy]}`;
}

function redundancy(protection: AuditedProtection | undefined): Html {
  const name = protection?.redundancy;
  if (name === undefined) return notVisible(protection);
  const words = redundancyWords[name.split('_')[1] ?? ''];
  return html`<code>${name}</code>${words !== undefined && `: ${words}`}`;
}

function notVisible(protection: AuditedProtection | undefined): Html {
  return html`not visible to this identity${protection?.notVisible !== undefined && `: ${protection.notVisible}`}`;
}
