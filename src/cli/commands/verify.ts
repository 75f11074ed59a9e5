import { Option } from '@commander-js/extra-typings';
import { type EvidenceVerdict, type Verification, verifyEvidence, verifyRecords } from '../../app/verify.ts';
import { count } from '../../escrow/model/count.ts';
import { findingMessage } from '../../escrow/model/finding.ts';
import type { Cli } from '../cli.ts';
import { readRecordQuery, withRecords } from '../options/record-options.ts';
import { namesOfPath } from '../options/source-options.ts';
import { showSize } from '../terminal/figures.ts';
import { exitCodes, type Io } from '../terminal/io.ts';
import { painter, print, printJson, say } from '../terminal/print.ts';
import { withProgress } from '../terminal/progress.ts';

const about = {
  summary: 'read records back and check digest, length, envelope and metadata',
  description:
    'Reads the newest record of every key (with --all every record) and checks its SHA-256, its length, its envelope, its metadata against its name, and that it is no older than its run. Exit code 3 with findings. Whether a backup restores only a drill proves. With --chain it follows the chain of audits instead: every audit is there and is what its successor says.',
  examples: [
    'verify',
    'verify --all',
    'verify --vault-name contoso-prod --name "tenant-*" --since 7d',
    'verify --chain',
    'verify --all --json',
  ],
};

export function addVerify(cli: Cli) {
  return withRecords(cli.command('verify', about))
    .option('--all', 'every record, not only the newest of each key')
    .addOption(
      new Option('--chain', 'instead of records, the chain of audits').conflicts([
        'vaultName',
        'hsmName',
        'name',
        'since',
        'all',
      ]),
    )
    .action(
      cli.action(async (values, io, task) => {
        if (values.chain) {
          const counted = { noun: 'audit', verb: 'read' };
          const verdict = await withProgress(io, counted, ({ step }) => verifyEvidence(task, step));
          if (values.json) await printJson(io, { ...verdict, findings: verdict.findings.map(findingObject) });
          else await printEvidence(verdict, io);
          return verdict.status === 'ok' ? exitCodes.done : exitCodes.findings;
        }
        const counted = { noun: 'record', verb: 'read' };
        const query = readRecordQuery(values, !values.all, task.services.now());
        const verified = await withProgress(io, counted, ({ step }) => verifyRecords(query, task, step));
        if (values.json) await printJson(io, verified);
        else await printVerification(verified, io);
        return verified.status === 'ok' ? exitCodes.done : exitCodes.findings;
      }),
    );
}

async function printVerification({ counts, findings }: Verification, io: Io): Promise<void> {
  const { records, bytes } = counts;
  const paint = painter(io);
  for (const { blobName, message } of findings) {
    await print(io, paint('red', blobName === undefined ? message : `${blobName}: ${message}`));
  }
  const verdict =
    findings.length === 0
      ? paint('green', records === 1 ? 'it is as it was written' : 'all are as they were written')
      : paint('red', count(findings.length, 'finding'));
  await print(io, `${count(records, 'record')} read, ${showSize(bytes)}: ${verdict}`);
  if (findings.length > 0) {
    say(io, 'Keep those blobs as they are for whoever finds out what happened; restore from older records meanwhile.');
  }
}

/** Source and key as in every command. */
function findingObject(finding: EvidenceVerdict['findings'][number]): object {
  const { source, key: name, ...rest } = finding;
  return {
    ...(source !== undefined && namesOfPath(source)),
    name,
    ...rest,
    message: findingMessage(finding),
  };
}

async function printEvidence({ status, counts, newest, findings }: EvidenceVerdict, io: Io): Promise<void> {
  const { audits } = counts;
  const paint = painter(io);
  for (const one of findings) await print(io, paint('red', findingMessage(one)));
  const verdict =
    audits === 0 ? 'there is no audit yet, so there is nothing to follow' : count(findings.length, 'finding');
  await print(
    io,
    `${count(audits, 'audit')}: ${status === 'ok' ? paint('green', 'the chain is whole') : paint('red', verdict)}`,
  );
  if (newest !== undefined) {
    say(
      io,
      `The newest audit is ${newest.name} with SHA-256 ${newest.sha256}. Nothing in the store proves that one: compare it with the log line escrow.audit.completed.`,
    );
  }
}
