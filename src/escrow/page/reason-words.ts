import type { Finding } from '../model/finding.ts';
import type { Html, HtmlValue } from './html.ts';
import { html } from './html.ts';

/** What a finding says without its remedy. */
export function reasonOf({ message, remedy }: Finding): string {
  return message.endsWith(remedy) ? message.slice(0, message.length - remedy.length).trimEnd() : message;
}

/** What a finding is about: its key, or else what it quotes first. */
export function subjectOf(finding: Finding): string | undefined {
  return finding.key ?? /"([^"]+)"/.exec(reasonOf(finding))?.[1];
}

/** The reason, with its subject set off. */
export function reasonWords(finding: Finding): Html {
  const reason = reasonOf(finding);
  const subject = subjectOf(finding);
  const at = subject === undefined ? -1 : reason.indexOf(`"${subject}"`);
  if (subject === undefined || at < 0) return html`${reason}`;
  return html`${reason.slice(0, at + 1)}<b class="name">${subject}</b>${reason.slice(at + 1 + subject.length)}`;
}

/** The reason with `…` for its subject and for the id of a request: many findings say this same thing. */
export function reasonOfAny(finding: Finding): string {
  const reason = reasonOf(finding).replace(/\brequest [\w-]+/g, 'request …');
  const subject = subjectOf(finding);
  if (subject === undefined) return reason;
  return reason.replaceAll(`"${subject}"`, '"…"').replaceAll(`/${subject.toLowerCase()}/`, '/…/');
}

/** What to do, for any key: a request for the key becomes one for its source, the name of its record where to look that up. */
export function remedyOfAny({ remedy, key }: Finding): string {
  if (key === undefined) return remedy;
  return remedy
    .replaceAll(`,"name":"${key}"`, '')
    .replace(/"([^"]+)"/g, (quoted, name: string) =>
      name.split('/').includes(key.toLowerCase()) ? 'its newest record (see the ledger)' : quoted,
    );
}

export function remedyWords(remedy: string): Html | undefined {
  return remedy === '' ? undefined : html`<span class="remedy"><b>What to do:</b> ${commandWords(remedy)}</span>`;
}

/** Command lines stand in backticks. */
function commandWords(remedy: string): HtmlValue {
  return remedy.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
}
