import { Option } from '@commander-js/extra-typings';
import PQueue from 'p-queue';
import type { OperatorServices } from '../../app/operator-services.ts';
import { describeFailure, failureSentence } from '../../escrow/model/failure.ts';
import { listEveryRecord } from '../../escrow/records/record-listing.ts';
import { faultsOfRecord } from '../../escrow/records/record-verification.ts';
import type { StoredRecord } from '../../escrow/records/stored-record.ts';
import type { Cli } from '../cli.ts';
import { keyNames, readRecordFilter, since } from '../options/record-options.ts';
import { hsmName, vaultName } from '../options/source-options.ts';
import { exitCodes } from '../terminal/errors.ts';
import { count, showSize } from '../terminal/figures.ts';
import type { Io } from '../terminal/io.ts';
import { painter, print, printJson, say } from '../terminal/print.ts';
import { showProgress } from '../terminal/progress.ts';
import { verifyEvidence } from './verify-chain.ts';

const readersAtOnce = 8;

/** Reads records back and checks them against everything they say about themselves. */
const about = {
  summary: 'read records back and check digest, length, envelope and metadata',
  description:
    'Reads the newest record of every key (with --all every record) and checks its SHA-256, its length, its envelope, its metadata against its name, and that it is no older than its run. Exit code 3 with findings. Whether a backup restores only a drill proves. With --chain it follows the chain of audits instead: every audit is what its successor says, every report, receipt and page what the audit that lists it says, and no audit leaves out another.',
  examples: [
    'verify',
    'verify --all',
    'verify --vault-name contoso-prod --name "tenant-*" --since 7d',
    'verify --chain',
    'verify --all --json',
  ],
};

export function addVerify(cli: Cli) {
  return cli
    .command('verify', about)
    .addOption(vaultName)
    .addOption(hsmName)
    .addOption(keyNames)
    .addOption(since)
    .option('--all', 'every record, not only the newest of each key')
    .addOption(
      new Option(
        '--chain',
        'instead of records, the chain of audits and what they list: reports, receipts, pages',
      ).conflicts(['vaultName', 'hsmName', 'name', 'since', 'all']),
    )
    .action(
      cli.action(async (values, io, services) => {
        if (values.chain) return verifyEvidence(values.json ?? false, io, services);
        const filter = await readRecordFilter(values, io, services);
        const progress = showProgress(io, 'records read');
        const tally: Tally = { records: 0, bytes: 0, findings: [] };
        const queue = new PQueue({ concurrency: readersAtOnce });
        let stopped: unknown;
        for await (const group of listEveryRecord(services.container, services.settings.suffixes, filter, io.signal)) {
          for (const record of values.all ? group : group.slice(0, 1)) {
            await queue.onSizeLessThan(readersAtOnce);
            void queue.add(async () => {
              try {
                await check(record, tally, io, services);
                progress.step();
              } catch (error) {
                stopped ??= error;
              }
            });
          }
          if (stopped !== undefined) break;
        }
        await queue.onIdle();
        progress.end();
        if (stopped !== undefined) throw stopped;
        return tell(tally, values.json ?? false, io);
      }),
    );
}

interface Tally {
  records: number;
  bytes: number;
  readonly findings: { readonly blobName: string; readonly code: string; readonly message: string }[];
}

async function check(record: StoredRecord, tally: Tally, io: Io, services: OperatorServices): Promise<void> {
  const { blobName, source, keyName } = record;
  try {
    const bytes = await services.container.read(blobName, io.signal);
    tally.bytes += bytes.length;
    for (const fault of faultsOfRecord(record, bytes, services.settings.suffixes))
      tally.findings.push({ blobName, ...fault });
  } catch (error) {
    if (io.signal.aborted) throw error;
    const failure = describeFailure(error, 'readRecord', source, keyName);
    tally.findings.push({ blobName, code: failure.code, message: failureSentence(failure) });
  }
  tally.records++;
}

async function tell({ records, bytes, findings }: Tally, json: boolean, io: Io) {
  // Silence is no proof: whoever verifies expects something to be there.
  if (records === 0) {
    findings.push({ blobName: '', code: 'nothingToVerify', message: 'no record matches, so nothing was verified' });
  }
  findings.sort((a, b) => (a.blobName < b.blobName ? -1 : 1));
  const paint = painter(io);
  if (json)
    await printJson(io, { status: findings.length === 0 ? 'ok' : 'findings', counts: { records, bytes }, findings });
  else {
    for (const { blobName, message } of findings)
      await print(io, paint('red', blobName === '' ? message : `${blobName}: ${message}`));
    const verdict =
      findings.length === 0
        ? paint('green', 'all are as they were written')
        : paint('red', count(findings.length, 'finding'));
    await print(io, `${count(records, 'record')} read, ${showSize(bytes)}: ${verdict}`);
  }
  if (findings.length > 0)
    say(io, 'Keep those blobs as they are for whoever finds out what happened; restore from older records meanwhile.');
  return findings.length === 0 ? exitCodes.done : exitCodes.findings;
}
