import { type SourceId, sourcePath } from '../../src/escrow/model/source.ts';
import { recordName } from '../../src/escrow/records/blob-names.ts';
import type { RunReport } from '../../src/escrow/records/run-report.ts';
import { digestOf, type SeenBlob, viewContainer } from '../support/container-view.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';

/**
 * What is really in the container after a run, against what the run says, of a run that must have ended well: every key of every
 * source escrowed once under its run id. Each finding is a sentence: `lost` keys have no whole record, `duplicated` ones more than
 * one, or it is a record of nobody; `untrue` reports do not add up, or say what is not so.
 */
export async function judgeRun(place: EscrowPlace, runId: string, keysOf: ReadonlyMap<SourceId, readonly string[]>) {
  const container = viewContainer(place);
  const blobs = await container.list();
  const isRecord = ({ name }: SeenBlob) => name.endsWith('.keybackup');
  const records = await Promise.all(
    blobs.filter(isRecord).map(async (blob) => ({ ...blob, content: await container.read(blob.name) })),
  );
  const byName = new Map(records.map((record) => [record.name, record]));
  const wanted = new Map(
    [...keysOf].flatMap(([source, keys]) => keys.map((key) => [recordName(source, key, runId), key] as const)),
  );

  const lost = [...wanted].flatMap(([name]) => {
    const record = byName.get(name);
    if (record === undefined) return [`${name} is not there`];
    const isWhole =
      record.metadata.sha256 === digestOf('sha256', record.content, 'hex') && record.metadata.runid === runId;
    return isWhole ? [] : [`${name} is not what was escrowed`];
  });
  const duplicated = records.filter(({ name }) => !wanted.has(name)).map(({ name }) => `${name} is a record too many`);

  const untrue: string[] = [];
  for (const [source, keys] of keysOf) {
    const reports = await container.reports(runId, sourcePath(source));
    untrue.push(...reports.flatMap((report) => untruthsOf(report, byName)));
    const whole = reports.filter(({ status, counts }) => status === 'ok' && counts.considered === keys.length);
    if (whole.length === 0) untrue.push(`no report of ${source.name} says that the whole of it is escrowed`);
    const claims = Map.groupBy(
      reports.flatMap((report) => report.keys.filter(({ outcome }) => outcome === 'escrowed')),
      ({ key }) => key,
    );
    for (const [key, said] of claims)
      if (said.length > 1) untrue.push(`${key} is said to be escrowed ${said.length} times`);
  }
  const texts = await Promise.all(
    blobs.filter((blob) => !isRecord(blob)).map(async ({ name }) => (await container.read(name)).toString('utf8')),
  );
  return { lost, duplicated, untrue, records, texts: [...texts, JSON.stringify(blobs)] };
}

/** What a single report says that is not so, whatever the run came to. */
export function untruthsOf(report: RunReport, records: ReadonlyMap<string, { readonly content: Buffer }>): string[] {
  const { counts, keys, problems, status, runId, source, attempt } = report;
  const where = `the report of ${source}, run ${runId}, attempt ${attempt},`;
  const untrue: string[] = [];
  const sum = counts.escrowed + counts.alreadyEscrowed + counts.skipped + counts.failed;
  if (sum !== counts.considered || keys.length !== counts.considered) untrue.push(`${where} does not add up`);
  if (new Set(keys.map(({ key }) => key.toLowerCase())).size !== keys.length) untrue.push(`${where} names a key twice`);
  if ((status === 'ok') !== (counts.failed === 0 && problems.length === 0))
    untrue.push(`${where} is ${status} against its own counts`);
  for (const key of keys) {
    if (key.outcome !== 'escrowed' && key.outcome !== 'alreadyEscrowed') continue;
    const content = records.get(key.blobName)?.content;
    if (content === undefined) untrue.push(`${where} says ${key.outcome} of "${key.key}", of which there is no record`);
    else if (digestOf('sha256', content, 'hex') !== key.sha256)
      untrue.push(`${where} has another digest of "${key.key}"`);
  }
  return untrue;
}
