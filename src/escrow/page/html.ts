import { printable } from '../model/printable.ts';

/** Text that is HTML already. Everything else that goes into a template is escaped. */
export interface Html {
  readonly html: string;
}

export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}

/** A template whose values are escaped, also inside quoted attributes. Arrays are joined, `undefined` and `false` vanish. */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = literals[0] ?? '';
  for (const [index, value] of values.entries()) text += render(value) + (literals[index + 1] ?? '');
  return { html: text };
}

/** For text of our own making only: the style sheet, a number of days. */
export function trustedHtml(text: string): Html {
  return { html: text };
}

/** A table that scrolls by itself where it is too wide. @param note under its caption. */
export function htmlTable(
  kind: string,
  { caption, note, columns, rows }: { caption: string; note?: Html; columns: HtmlValue[]; rows: HtmlValue[] },
): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table class="${kind}">
<caption>${caption}${note}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if (isList(value)) return value.map(render).join('');
  return value.html;
}

function isList(value: HtmlValue): value is readonly HtmlValue[] {
  return Array.isArray(value);
}
