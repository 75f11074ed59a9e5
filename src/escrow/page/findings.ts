import type { Finding } from '../model/finding.ts';
import { alikeFindings, costOf, countOf, singleFinding } from './alike-findings.ts';
import { type Html, html } from './html.ts';
import { findingWord } from './words.ts';

/** More alike findings of one source than this are shown as one, with the single ones folded. */
const maxSingle = 3;

/** Characters for alike findings shown one by one, of all groups together. The rest is in the audit. */
const maxCharacters = 200_000;

/**
 * Findings first, each with what to do about it. Many of a kind in one source are one line that unfolds.
 * @param audited names the audit that has those which find no room.
 */
export function findingsSection(findings: readonly Finding[], audited: Html): Html {
  const groups = groupsOf(findings);
  const characters = sharesOf(groups);
  const body =
    findings.length === 0
      ? html`<p>None. Every key that requires a backup has one that is young enough, there and untouched.</p>`
      : html`<ol class="findings">${groups.map((group) => groupItem(group, characters.get(group) ?? 0, audited))}</ol>`;
  return html`<section aria-labelledby="findings">
<h2 id="findings">Findings</h2>
${body}
</section>
`;
}

function groupsOf(findings: readonly Finding[]): Finding[][] {
  const groups = Map.groupBy(findings, ({ severity, finding, source }) => `${severity} ${finding} ${source}`);
  return [...groups.values()].flatMap((group) => (group.length > maxSingle ? [group] : group.map((one) => [one])));
}

/** Even shares of the characters; what a small group does not need is for the larger ones. */
function sharesOf(groups: readonly Finding[][]): Map<Finding[], number> {
  const needs = groups
    .filter(({ length }) => length > 1)
    .map((group) => ({ group, need: group.reduce((sum, one) => sum + costOf(one), 0) }))
    .sort((a, b) => a.need - b.need);
  let left = maxCharacters;
  return new Map(
    needs.map(({ group, need }, index) => {
      const share = Math.min(need + 100, Math.floor(left / (needs.length - index)));
      left -= share;
      return [group, share];
    }),
  );
}

function groupItem(group: readonly Finding[], characters: number, audited: Html): Html | undefined {
  const [first] = group;
  if (first === undefined) return undefined;
  const { severity, finding, source, key } = first;
  const isOne = group.length === 1;
  const where = [source ?? 'the whole escrow', ...(isOne && key !== undefined ? [key] : [])];
  const title = isOne ? findingWord(finding) : `${findingWord(finding)}: ${countOf(group)}`;
  const body = isOne ? singleFinding(first) : alikeFindings(group, characters, audited);
  return html`<li class="${severity}" data-finding="${finding}"><h3><span class="severity">${severity === 'gap' ? 'Gap' : 'Warning'}</span> ${title} <span class="where">${where.join(' / ')}</span></h3>
${body}</li>
`;
}
