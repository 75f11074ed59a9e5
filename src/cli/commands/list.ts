import { type FoundRecord, findRecords, obstacleOf } from '../../app/find-records.ts';
import { count } from '../../escrow/model/count.ts';
import { describeSource, sourcePath } from '../../escrow/model/source.ts';
import type { Cli } from '../cli.ts';
import { showInstant } from '../options/instants.ts';
import { readRecordQuery, withRecords } from '../options/record-options.ts';
import { keyObject } from '../options/source-options.ts';
import { showDuration, showSize } from '../terminal/figures.ts';
import { exitCodes, type Io } from '../terminal/io.ts';
import { startJsonStream } from '../terminal/json-stream.ts';
import { painter, print, say } from '../terminal/print.ts';
import { alignColumns } from '../terminal/table.ts';

const about = {
  summary: 'list the escrow records, newest first per key',
  description:
    'Lists the records by key: when each was written (by the storage service, UTC), what triggered it, its size and the start of its SHA-256, and its blob name. Records under chosen names come last.',
  examples: [
    'list --latest',
    'list --vault-name contoso-prod --name signing',
    'list --since 7d --name "tenant-*" --json',
  ],
};

/** The records, key by key as the escrow lists them: a long listing is printed while it is read. */
export function addList(cli: Cli) {
  return withRecords(cli.command('list', about))
    .option('--latest', 'only the newest record of each key')
    .action(
      cli.action(async (values, io, task) => {
        const now = task.services.now();
        const query = readRecordQuery(values, values.latest ?? false, now);
        const stream = values.json ? startJsonStream(io, 'records') : undefined;
        const keys = new Set<string>();
        const counts = { records: 0, keys: 0, bytes: 0 };
        for await (const group of findRecords(query, task)) {
          const [{ source, keyName }] = group;
          keys.add(`${sourcePath(source)}/${keyName.toLowerCase()}`);
          counts.records += group.length;
          for (const { blob } of group) counts.bytes += blob.length;
          if (stream === undefined) await print(io, recordsText(group, now, io));
          else for (const record of group) await stream.item(recordObject(record));
        }
        counts.keys = keys.size;
        const sum = `${count(counts.records, 'record')} of ${count(counts.keys, 'key')}, ${showSize(counts.bytes)}.`;
        if (stream !== undefined) await stream.end({ counts });
        else say(io, counts.records === 0 ? 'No record matches.' : sum);
        return exitCodes.done;
      }),
    );
}

/** A record as `--json` shows it in every command. */
export function recordObject(record: FoundRecord): object {
  const { source, keyName, keyId, blobName, runId, trigger, createdAt, sha256, format, enabled, place, blob } = record;
  return keyObject({
    source,
    keyName,
    keyId,
    blobName,
    createdAt,
    runId,
    trigger,
    bytes: blob.length,
    sha256,
    format,
    enabled,
    tier: blob.tier,
    archiveStatus: blob.archiveStatus,
    obstacle: obstacleOf(record),
    place,
  });
}

function recordsText(group: readonly [FoundRecord, ...FoundRecord[]], now: Date, io: Io): string {
  const paint = painter(io);
  const [{ source, keyName }] = group;
  const rows = group.map((record) => {
    const { createdAt, trigger, sha256, blobName, blob } = record;
    const obstacle = obstacleOf(record);
    const why = obstacle === undefined || obstacle.code === 'archived' ? '' : `  ${paint('red', obstacle.reason)}`;
    return [
      showInstant(createdAt),
      `${showDuration(now.getTime() - createdAt.getTime())} ago`,
      trigger ?? '?',
      showSize(blob.length),
      sha256?.slice(0, 12) ?? paint('red', 'no digest'),
      paint('dim', blobName) + tierWords(blob, paint) + why,
    ];
  });
  return `${paint('bold', keyName)} of ${describeSource(source)}\n${alignColumns(io, rows, '  ')}`;
}

/** What is out of the ordinary about where a record is kept: an archived one cannot be read for hours. */
function tierWords({ tier, archiveStatus }: FoundRecord['blob'], paint: ReturnType<typeof painter>): string {
  if (tier === undefined || tier === 'Hot') return '';
  const words = archiveStatus === undefined ? `tier ${tier}` : `tier ${tier}, ${archiveStatus}`;
  return `  ${tier === 'Archive' ? paint('red', words) : words}`;
}
