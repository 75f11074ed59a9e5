import type { Audit } from '../audit/audit-document.ts';
import type { Finding } from '../finding.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { count, findingWords } from './words.ts';

/** More alike findings of one source than this are told as one, with the single ones folded. */
const mostSingle = 3;

/** Findings first, each with what to do about it. Many of a kind in one source are one line that unfolds. */
export function findingsSection({ findings }: Audit): Html {
  const body =
    findings.length === 0
      ? html`<p>None. Every key that should be escrowed has a backup that is young enough, there and whole.</p>`
      : html`<ol class="findings">${groupsOf(findings).map(groupItem)}</ol>`;
  return html`<section aria-labelledby="findings">
<h2 id="findings">Findings</h2>
${body}
</section>
`;
}

function groupsOf(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const id = `${finding.severity} ${finding.finding} ${finding.source}`;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [finding]);
    else group.push(finding);
  }
  return [...groups.values()].flatMap((group) => (group.length > mostSingle ? [group] : group.map((one) => [one])));
}

function groupItem(group: readonly Finding[]): Html | undefined {
  const [first] = group;
  if (first === undefined) return undefined;
  const { severity, finding, source, key } = first;
  const isOne = group.length === 1;
  const where = [source ?? 'the whole escrow', ...(isOne && key !== undefined ? [key] : [])];
  const title = isOne ? findingWords[finding] : `${findingWords[finding]}: ${count(group.length, 'key')}`;
  const body = isOne
    ? findingBody(first)
    : html`${commonRemedy(group)}<details><summary>All ${group.length}, one by one</summary><ul class="alike">${group.map(
        (one) => html`<li><b class="name">${one.key ?? ''}</b> ${findingBody(one)}</li>`,
      )}</ul></details>`;
  return html`<li class="${severity}"><h3><span class="severity">${severity === 'gap' ? 'Gap' : 'Warning'}</span> ${title} <span class="where">${where.join(' / ')}</span></h3>
${body}</li>
`;
}

function findingBody({ finding, message, remedy }: Finding): Html {
  const reason = message.endsWith(remedy) ? message.slice(0, -remedy.length).trimEnd() : message;
  return html`<p class="finding" data-finding="${finding}"><span class="reason">${reason}</span> <span class="remedy"><b>What to do:</b> ${remedy}</span></p>`;
}

/** What to do about all of them at once, where their remedies differ in the key's name only. */
function commonRemedy(group: readonly Finding[]): Html | undefined {
  const remedies = new Set(group.map(({ remedy, key }) => remedy.replace(`,"name":"${key}"`, '')));
  const [remedy] = remedies;
  const words = remedies.size === 1 && remedy !== undefined ? remedy : 'each has its own remedy, below.';
  return html`<p><span class="remedy"><b>What to do:</b> ${words}</span></p>`;
}
