import { count, digits } from '../model/count.ts';
import { capitalised, type Finding } from '../model/finding.ts';
import { type Html, html } from './html.ts';

/**
 * Findings of one kind in one source: each reason and remedy once, with all that it is said of, as far as the characters go.
 * @param audited names the audit, which has them all.
 */
export function alikeFindings(group: readonly Finding[], characters: number, audited: Html): Html {
  const parts: Html[] = [];
  let told = 0;
  const room = { left: characters };
  for (const same of Map.groupBy(group, ({ reason, remedy }) => JSON.stringify([reason, remedy])).values()) {
    const [first] = same;
    if (first === undefined) continue;
    const shown = same.slice(0, countFitting(same.map(costOf), room));
    told += shown.length;
    parts.push(html`<p><span class="reason">${capitalised(first.reason)}.</span> ${remedyWords(first.remedy)}</p>
${
  shown.length > 0 &&
  html`<details><summary>${shown.length === same.length ? `All ${digits(same.length)}` : `${digits(shown.length)} of ${digits(same.length)}`}, one by one</summary><ul class="alike">${shown.map(
    (one) =>
      html`<li>${one.key !== undefined && html`<b class="name">${one.key}</b>`}${one.detail !== undefined && html` <span class="detail">${one.detail}</span>`}`,
  )}</ul></details>`
}`);
  }
  const below = group.some(({ key }) => key !== undefined) && '; each key with its status is below, with its source';
  return html`${parts}${
    told < group.length && html`<p class="note">All ${digits(group.length)} are in ${audited}${below}.</p>`
  }`;
}

export function singleFinding({ key, reason, detail, remedy }: Finding): Html {
  return html`<p class="finding"><span class="reason">${key !== undefined && html`<b class="name">${key}</b>: `}${key === undefined ? capitalised(reason) : reason}${
    detail !== undefined && html` <span class="detail">(${detail})</span>`
  }.</span> ${remedyWords(remedy)}</p>`;
}

/** Keys, where each finding is about one of its own. */
export function countOf(group: readonly Finding[]): string {
  const keys = new Set(group.flatMap(({ key }) => key ?? []));
  return count(group.length, keys.size === group.length ? 'key' : 'finding');
}

function remedyWords(remedy: string): Html {
  // Command lines stand in backticks.
  const words = remedy.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
  return html`<span class="remedy"><b>What to do:</b> ${words}</span>`;
}

/** With the tags around it. */
export function costOf({ key = '', detail = '' }: Finding): number {
  return key.length + detail.length + 50;
}

/** How many of a list there is room for, from the first on. What they cost is taken off the room. */
export function countFitting(costs: readonly number[], room: { left: number }): number {
  let fitting = 0;
  for (const cost of costs) {
    if (cost > room.left) break;
    room.left -= cost;
    fitting++;
  }
  return fitting;
}
