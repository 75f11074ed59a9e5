import { KeyClient } from '@azure/keyvault-keys';
import type { LocalSource } from '../../local-azure/key-vault/local-source.ts';
import { viewContainer } from '../support/container-view.ts';
import type { Invocation } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';
import type { ExpectedOutcome } from './named-fault.ts';
import { untruthsOf } from './run-verdict.ts';

/**
 * Whether a run under a fault came to what it must, and reported the truth: what it calls escrowed is there, whole, and can be
 * restored; what it does not call so is not; and the invocation failed exactly if anything did.
 */
export async function judgeFaultRun(
  place: EscrowPlace,
  source: LocalSource,
  runId: string,
  expected: ExpectedOutcome,
  { lines, error }: Invocation,
) {
  const container = viewContainer(place);
  const { kind, name } = source;
  const folder = kind === 'vault' ? 'vaults' : 'managed-hsms';
  const blobs = (await container.list(`${folder}/${name}/`)).filter(({ metadata }) => metadata.runid === runId);
  const records = new Map(
    await Promise.all(blobs.map(async (blob) => [blob.name, { content: await container.read(blob.name) }] as const)),
  );
  const untrue: string[] = [];

  const keys = source.keyNames();
  const escrowedLines = linesNamed(lines, 'escrow.key.escrowed');
  const escrowed = escrowedLines.map(({ key }) => key);
  const failures = linesNamed(lines, 'escrow.key.failed');
  const [completed, ...more] = linesNamed(lines, 'escrow.run.completed');
  if (completed === undefined || more.length > 0) untrue.push('the run did not complete once');
  if ((completed?.status === 'ok') !== (error === undefined))
    untrue.push(
      `the run is ${completed?.status}, the invocation ended ${error === undefined ? 'well' : 'with an error'}`,
    );

  const wantFailed = typeof expected === 'object' && 'failed' in expected ? expected.failed : [];
  const wantNone = typeof expected === 'object' && 'escrowed' in expected && expected.escrowed === 'none';
  const wantEscrowed = wantNone ? [] : keys.filter((key) => !wantFailed.includes(key));
  differ('escrowed', escrowed, wantEscrowed);
  differ(
    'failed',
    failures.map(({ key }) => key),
    wantFailed,
  );
  for (const failure of failures) {
    if (typeof expected === 'object' && failure.code !== expected.code)
      untrue.push(`"${failure.key}" failed with ${failure.code}: ${failure.message}`);
  }

  const reports = await container.reports(runId, `${folder}/${name}`);
  untrue.push(...reports.flatMap((report) => untruthsOf(report, records)));
  const codes = reports.flatMap(({ problems }) => problems.map(({ code }) => code));
  if (typeof expected === 'object' && 'escrowed' in expected) {
    // A problem with the report itself can stand in the log only.
    if (!codes.includes(expected.code) && !error?.message.includes(expected.code))
      untrue.push(`no problem ${expected.code}: ${codes.join(', ')} ${error?.message}`);
    if (completed?.status === 'ok') untrue.push('the run is ok');
  } else if (codes.length > 0) {
    untrue.push(`the source has the problem ${codes.join(', ')}`);
  }
  for (const { key, blobName } of escrowedLines)
    if (!records.has(blobName)) untrue.push(`"${key}" is said to be escrowed, and is not`);
  if (records.size !== escrowed.length)
    untrue.push(`${records.size} records, ${escrowed.length} keys said to be escrowed`);
  const contents = [...records.values()].map(({ content }) => content);
  untrue.push(...(await faultsOfRestores(place, source, contents)));
  return { untrue, contents, texts: [JSON.stringify(reports), JSON.stringify(blobs)] };

  function differ(what: string, got: readonly string[], wanted: readonly string[]): void {
    const text = (names: readonly string[]) => names.toSorted((a, b) => a.localeCompare(b)).join(', ') || 'none';
    if (text(got) !== text(wanted))
      untrue.push(`${what}: ${text(got)} instead of ${text(wanted)}; ${error?.message ?? ''}`);
  }
}

/** Every record brings its key back, in another vault of the same realm. */
async function faultsOfRestores(
  place: EscrowPlace,
  source: LocalSource,
  contents: readonly Buffer[],
): Promise<string[]> {
  const realm = source.kind === 'managedHsm' ? { securityDomain: `security domain of ${source.name}` } : {};
  const twin = place.keyVault.addSource({ kind: source.kind, name: `${source.name}-twin`, ...realm });
  const client = new KeyClient(twin.url, place.credential(place.identities.operator));
  const findings: string[] = [];
  // One after the other: the SDK loses the body of a client's first request when others run beside it.
  for (const content of contents) {
    await client.restoreKeyBackup(content).catch((error: Error) => {
      findings.push(`a record cannot be restored: ${error.message}`);
    });
  }
  return findings;
}
