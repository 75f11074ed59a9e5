import type { Finding } from '../model/finding.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { reasonOfAny, reasonWords, remedyOfAny, remedyWords, subjectOf } from './reason-words.ts';
import { count, digits } from './words.ts';

/**
 * Findings of one kind in one source: what to do, once; then what is said of them, the same thing once with all that it is
 * said of, as far as the characters go.
 * @param audited names the audit, which has them all.
 */
export function alikeFindings(group: readonly Finding[], characters: number, audited: Html): Html {
  const [remedy, ...others] = new Set(group.map(remedyOfAny));
  const isCommon = others.length === 0;
  const lines: Html[] = [];
  let told = 0;
  let left = characters;
  for (const same of Map.groupBy(group, (one) => JSON.stringify([reasonOfAny(one), remedyOfAny(one)])).values()) {
    const [first, ...more] = same.slice(0, fitting(same, left));
    if (first === undefined) break;
    const some = [first, ...more] as const;
    lines.push(alikeLine(some, isCommon));
    told += some.length;
    left -= costOf(some);
  }
  const all = digits(group.length);
  const isAll = told === group.length;
  const below = group.some(({ key }) => key !== undefined) && '; each key with its status is below, with its source';
  return html`<p>${remedyWords(isCommon && remedy !== undefined ? remedy : 'see each, below.')}</p>
${lines.length > 0 && html`<details><summary>${isAll ? `All ${all}` : `${digits(told)} of ${all}`}, one by one</summary><ul class="alike">${lines}</ul></details>`}${
  !isAll && html`<p class="note">All ${all} are in ${audited}${below}.</p>`
}`;
}

/** Keys, where each finding is about one of its own. */
export function countOf(group: readonly Finding[]): string {
  const keys = new Set(group.flatMap(({ key }) => key ?? []));
  return count(group.length, keys.size === group.length ? 'key' : 'finding');
}

function alikeLine(same: readonly [Finding, ...Finding[]], isCommon: boolean): Html {
  const [first] = same;
  const isOne = same.length === 1;
  const remedy = !isCommon && html` ${remedyWords(isOne ? first.remedy : remedyOfAny(first))}`;
  if (isOne) return html`<li><span class="reason">${reasonWords(first)}</span>${remedy}</li>`;
  const subjects = same.flatMap((one) => subjectOf(one) ?? []);
  return html`<li><span class="reason">${reasonOfAny(first)}</span>${remedy}<p><b>${countOf(same)}:</b></p><ul class="names">${subjects.map((subject) => html`<li>${subject}`)}</ul></li>`;
}

/** Characters for words and tags around a reason. */
const around = 120;

function costOf(same: readonly Finding[]): number {
  const [first] = same;
  const once = first === undefined ? 0 : first.message.length + around;
  return same.reduce((sum, one) => sum + (subjectOf(one)?.length ?? 0) + 4, once);
}

/** How many of the same fit. */
function fitting(same: readonly Finding[], characters: number): number {
  let left = characters - costOf(same.slice(0, 1));
  let number = 0;
  for (const one of same) {
    if (left < 0) break;
    number++;
    left -= (subjectOf(one)?.length ?? 0) + 4;
  }
  return number;
}
