import { dayOf } from '../../escrow/model/day.ts';
import { instant } from '../../escrow/model/finding.ts';
import { describeSource, type SourceId, sourcePath } from '../../escrow/model/source.ts';
import { html, trustedHtml } from '../../escrow/page/html.ts';
import { newestFirst, type StoredRecord } from '../../escrow/records/stored-record.ts';

export interface LeftOut {
  readonly source: SourceId;
  readonly keyName: string;
  readonly blobName: string;
  readonly code: string;
  readonly reason: string;
}

/** What a copy holds, for somebody who finds the stick years later. */
export interface CopyFacts {
  readonly from: string;
  readonly at: Date;
  readonly records: readonly StoredRecord[];
  /** Of the last copy. */
  readonly leftOut: readonly LeftOut[];
}

const style = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
  .wide { overflow-x: auto; } code { font-size: .9em; overflow-wrap: anywhere; }`;

/** One page without scripts or links to elsewhere. */
export function copyPage({ from, at, records, leftOut }: CopyFacts): string {
  const keys = Map.groupBy(records, ({ source, keyName }) => `${sourcePath(source)}/${keyName.toLowerCase()}`);
  const rows = [...keys.values()].map((group) => {
    const [newest] = group.toSorted(newestFirst);
    return (
      newest &&
      html`<tr><td>${describeSource(newest.source)}</td><td>${newest.keyName}</td><td>${dayOf(newest.createdAt)}</td><td>${group.length}</td>
        <td><code>${newest.blobName}</code></td></tr>`
    );
  });
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Offline copy of a key escrow</title><style>${trustedHtml(style)}</style></head><body>
<h1>Offline copy of a key escrow</h1>
<p>Backups of ${keys.size} keys in ${records.length} records, from <code>${from}</code>. Last copied at
${instant(at)}.</p>
<h2>Check it, without Azure</h2>
<p><code>sha256sum -c SHA256SUMS</code> or <code>keyvault-escrow verify --all --store .</code></p>
<h2>Restore a key</h2>
<p>A file that ends in <code>.keybackup</code> is what <code>az keyvault key restore --file</code> and
<code>Restore-AzKeyVaultKey -InputFile</code> take. A vault's backup restores only to a vault of the same subscription and geography, a
Managed HSM's only where the security domain is the same. The bytes are encrypted with keys of the service: nobody else can read them.</p>
<h2>What is here</h2>
<div class="wide"><table><tr><th>Source</th><th>Key</th><th>Newest backup</th><th>Records</th><th>File</th></tr>${rows}</table></div>
${leftOut.length > 0 && html`<h2>Left out of the last copy</h2><ul>${leftOut.map(({ blobName, reason }) => html`<li><code>${blobName}</code>: ${reason}</li>`)}</ul>`}
</body></html>
`;
  return page.html;
}
