import { escrowEventOf } from '../../local-azure/demonstration/first-pass.ts';
import type { HostEvent } from '../../local-azure/functions-host/host-events.ts';
import { type FunctionsHost, startFunctionsHost } from '../../local-azure/functions-host/start.ts';
import type { LocalAzure } from '../../local-azure/local-azure.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { parseRecordName } from '../../src/escrow/records/blob-names.ts';
import { hour, now } from '../support/now.ts';
import { barChart, secondsBar } from './bar-chart.ts';
import { type BenchSource, settingsOf, slowDown, startBenchAzure } from './bench-azure.ts';
import type { Measurement } from './measurement.ts';
import { medianOf } from './median.ts';

const sourceCount = 8;
// An idle host polls every five seconds; so short a night would show little else.
const overrides = { maxPollingIntervalMs: 200 };

/** Eight vaults: the timer runs them itself in one invocation, or asks two host processes for each through the queue. */
export async function measureFanOut(bundle: string, quick: boolean): Promise<Measurement> {
  const sources = Array.from({ length: sourceCount }, (_, index) => ({
    kind: 'vault' as const,
    name: `vault-${index + 1}`,
    keys: quick ? 35 : 100,
    maxBackupsPerSecond: 10,
  }));
  await using azure = await startBenchAzure(sources);
  slowDown(azure, 150);
  const rounds = [];
  for (let round = 0; round < (quick ? 1 : 2); round++) {
    const nightOne = hoursAgo(2 * round + 1);
    const nightTwo = hoursAgo(2 * round + 2);
    const alone = await timeNight({ azure, sources, bundle, at: nightOne, hosts: 1, fanOut: false });
    const spread = await timeNight({ azure, sources, bundle, at: nightTwo, hosts: 2, fanOut: true });
    const missing = [...alone.records, ...spread.records].filter(
      (record) => !alone.records.has(record) || !spread.records.has(record),
    ).length;
    const lacking = sourceCount * (sources[0]?.keys ?? 0) - alone.records.size;
    rounds.push({ alone: alone.ms, spread: spread.ms, missing: missing + lacking });
  }
  const overhead = medianOf(rounds, (round) => round.spread / round.alone);
  const alone = medianOf(rounds, (round) => round.alone);
  const spread = medianOf(rounds, (round) => round.spread);
  return {
    figures: {
      fanOutOverhead: overhead,
      fanOutMissingRecords: rounds.reduce((sum, { missing }) => sum + missing, 0),
    },
    charts: [
      barChart({
        file: 'fan-out.svg',
        title: `Fan-out costs ${((overhead - 1) * 100).toFixed(0)} % of time and leaves the same records`,
        subtitle: `${sourceCount} vaults of ${sources[0]?.keys} keys at the default pace, from the timer's firing to the last report`,
        unit: 'seconds',
        bars: [secondsBar('one invocation', alone), secondsBar('queue, 2 host processes', spread)],
      }),
    ],
  };
}

interface Night {
  readonly azure: LocalAzure;
  readonly sources: readonly BenchSource[];
  readonly bundle: string;
  readonly at: Date;
  readonly hosts: number;
  readonly fanOut: boolean;
}

/** @returns how long the night took, and its records as `<source>/<key>`. */
async function timeNight({ azure, sources, bundle, at, hosts, fanOut }: Night) {
  const settings = settingsOf(azure, sources, { ESCROW_FAN_OUT: String(fanOut), ESCROW_SCHEDULE: '0 0 * * * *' });
  const runId = scheduledRunId(at);
  const allCompleted = Promise.withResolvers<void>();
  let left = sources.length;
  const onEvent = (event: HostEvent): void => {
    const line = escrowEventOf(event);
    if (line?.event !== 'escrow.run.completed' || line.runId !== runId) return;
    left--;
    if (left === 0) allCompleted.resolve();
  };
  await using started = new AsyncDisposableStack();
  const running: FunctionsHost[] = [];
  for (let host = 0; host < hosts; host++) {
    running.push(
      started.use(await startFunctionsHost({ bundle, settings, hostJson: 'host.json', overrides, onEvent })),
    );
  }
  azure.storage.requests.length = 0;
  const tooLate = setTimeout(() => allCompleted.reject(new Error(`${left} of the runs did not end.`)), 120_000);
  const startedAt = performance.now();
  try {
    const [fired] = await Promise.all([running[0]?.fireTimer('nightlyEscrow', { at }), allCompleted.promise]);
    if (fired?.error !== undefined) throw new Error(fired.error);
  } finally {
    clearTimeout(tooLate);
  }
  const ms = performance.now() - startedAt;
  const records = new Set<string>();
  for (const { blobName = '', operation, status } of azure.storage.requests) {
    const record = operation === 'putBlob' && status === 201 ? parseRecordName(blobName) : undefined;
    if (record?.runId === runId) records.add(`${record.source.name}/${record.keyName}`);
  }
  return { ms, records };
}

/** An occurrence of the hourly schedule that these hosts run on: a night of its own for each way and round. */
function hoursAgo(hours: number): Date {
  return new Date((Math.floor(now().getTime() / hour) - hours) * hour);
}
