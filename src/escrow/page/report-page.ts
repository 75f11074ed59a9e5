import { createHash } from 'node:crypto';
import { count } from '../model/count.ts';
import type { Audit, AuditDigest } from '../records/audit-document.ts';
import { answer, answerLine } from './answer.ts';
import { legend } from './calendar.ts';
import { evidenceSection } from './evidence.ts';
import { findingsSection } from './findings.ts';
import { type Html, html, htmlTable, trustedHtml } from './html.ts';
import { type PageBudget, type PageKey, type PageSource, sourceAnchor, sourceBudget, sourceSection } from './source.ts';
import { styleSheet } from './style.ts';
import { kindWord, timeElement } from './words.ts';

/** Bytes; a page of more does not open at once. */
const maxPageBytes = 3_000_000;

/** Rows of keys, and of runs, that a page has at most, and that it has however large they make it. */
const maxRows = 2000;
const minRows = 100;

/** Bytes for what is said around names. */
const slack = 20_000;

/**
 * An audit as one self-contained page: no script, no other resource, nothing that leaves it. A pure function of the audit,
 * so that the page says what the audit says.
 * @param written where the audit lies; undefined for one that is not kept.
 */
export function reportPage(audit: Audit, written: AuditDigest | undefined): string {
  const sources = pageSources(audit);
  const keys = sources.reduce((sum, source) => sum + source.keys.length, 0);
  for (let rows = maxRows; ; rows = Math.floor(rows * 0.8)) {
    const page = pageOf(audit, sources, written, { rows, names: 0 });
    const room = maxPageBytes - Buffer.byteLength(page);
    if (room < 0 && rows > minRows) continue;
    if (keys <= rows) return page;
    // Keys without a row are named as far as the rest leaves room.
    return pageOf(audit, sources, written, { rows, names: Math.max(0, room - slack) });
  }
}

/** The configured sources; what is known of others stays in the audit. */
function pageSources({ sources, keys }: Audit): PageSource[] {
  const bySource = new Map<string, PageKey[]>(sources.map(({ source }) => [source, []]));
  let place = 0;
  for (const { source, key, status } of keys) {
    bySource.get(source)?.push({ key, status, place });
    place++;
  }
  return sources
    .filter(({ leftOutSince }) => leftOutSince === undefined)
    .map((source) => ({ source, keys: bySource.get(source.source) ?? [] }));
}

function pageOf(
  audit: Audit,
  sources: readonly PageSource[],
  written: AuditDigest | undefined,
  budget: PageBudget,
): string {
  const style = trustedHtml(styleSheet);
  const share = sourceBudget(sources, budget);
  const { findings } = audit;
  const audited = written === undefined ? html`the audit itself` : html`<code>${written.name}</code>`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${styleDigest()}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>Key escrow: ${answerLine(audit)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
<header>
<p class="what"><b>Key escrow audit</b> ${timeElement(audit.startedAt)} <span class="container">${audit.container}</span></p>
</header>
<main>
${answer(audit)}
${contents(sources, findings.length)}
${findingsSection(findings, audited)}
<section aria-labelledby="calendars">
<h2 id="calendars">How to read the calendars</h2>
<p>One row per key, one column per day (UTC), the last of them the day of the audit.</p>
${legend()}
</section>
${sources.map((source) => sourceSection(audit, source, share(source)))}
${certificatesSection(audit, sources, budget.rows, audited)}
${evidenceSection(audit, written)}
</main>
<footer><p>Made from the audit ${written === undefined ? 'of the moment' : html`<code>${written.name}</code>`}; it says nothing that the audit does not.</p></footer>
</body>
</html>
`;
  return page.html;
}

function styleDigest(): string {
  return createHash('sha256').update(styleSheet).digest('base64');
}

function contents(sources: readonly PageSource[], findings: number): Html {
  return html`<nav aria-label="Contents"><ul>
<li><a href="#findings">Findings (${findings})</a></li>
${sources.map(
  ({ source, keys }) =>
    html`<li><a href="#${sourceAnchor(source)}">${kindWord(source.sourceKind)} ${source.sourceName} (${count(keys.length, 'key')})</a></li>`,
)}
<li><a href="#certificates">Certificate-backed keys</a></li>
<li><a href="#evidence">Evidence</a></li>
</ul></nav>
`;
}

/** Listed, never hidden: nobody else says that the service does not back these up. Beyond thousands, the audit has the rest. */
function certificatesSection(audit: Audit, sources: readonly PageSource[], max: number, audited: Html): Html {
  const rows = sources.flatMap(({ source, keys }) =>
    keys
      .filter(({ status }) => status === 'certificateBacked')
      .map(
        ({ key, place }) =>
          html`<tr><th scope="row">${key}</th><td>${kindWord(source.sourceKind)} ${source.sourceName}</td><td><code>${audit.keys.at(place)?.id ?? ''}</code></td></tr>
`,
      ),
  );
  const more = rows.length - max;
  const body =
    rows.length === 0
      ? html`<p>None.</p>`
      : html`<p>The service backs up the whole certificate, not its key. <b>What to do:</b> back up each certificate, with <code>az keyvault certificate backup</code> or <code>Backup-AzKeyVaultCertificate</code>.</p>
${htmlTable('certificates', { caption: 'Keys that are not in this escrow', columns: ['Key', 'Source', 'Key identifier'], rows: rows.slice(0, max) })}${more > 0 && html`<p class="note">${count(more, 'more key')}: see ${audited}.</p>`}`;
  return html`<section aria-labelledby="certificates">
<h2 id="certificates">Certificate-backed keys</h2>
${body}
</section>
`;
}
