import { type CopyResult, copyEscrow } from '../../app/copy/copy-escrow.ts';
import { count, digits } from '../../escrow/model/count.ts';
import { describeKey } from '../../escrow/model/source.ts';
import type { Cli } from '../cli.ts';
import { readRecordQuery, withRecords } from '../options/record-options.ts';
import { keyObject } from '../options/source-options.ts';
import { showSize } from '../terminal/figures.ts';
import { exitCodes, type Io } from '../terminal/io.ts';
import { print, printJson, say } from '../terminal/print.ts';
import { withProgress } from '../terminal/progress.ts';

const about = {
  summary: 'copy records to a folder or a stick, for the day without Azure',
  description:
    'Copies the records that are not there yet, checks each against its SHA-256 on the way and keeps its time of creation. Writes SHA256SUMS (sha256sum -c reads it) and a page that explains the folder. verify --store checks it without Azure, years later. Exit code 3 when something was left out: what is in the archive tier, or cannot be checked.',
  examples: [
    'copy --to /media/stick/key-escrow --latest',
    'copy --to ./escrow-copy --vault-name contoso-prod --name "app-*" --since 30d',
    'verify --all --store ./escrow-copy',
  ],
};

export function addCopy(cli: Cli) {
  return withRecords(
    cli.command('copy', about).requiredOption('--to <DIR>', 'the folder to copy to; it is made where it is not there'),
  )
    .option('--latest', 'only the newest record of each key')
    .action(
      cli.action(async (values, io, task) => {
        const query = readRecordQuery(values, values.latest ?? false, task.services.now());
        const counted = { noun: 'record', verb: 'read' };
        const result = await withProgress(io, counted, ({ step }) => copyEscrow(query, values.to, task, step));
        if (values.json) await printJson(io, { ...result, leftOut: result.leftOut.map(keyObject) });
        else await printResult(result, values.to, io);
        return result.leftOut.length === 0 ? exitCodes.done : exitCodes.findings;
      }),
    );
}

async function printResult(
  { copied, bytes, already, leftOut, manifest, page }: CopyResult,
  to: string,
  io: Io,
): Promise<void> {
  say(io, `${count(copied, 'record')} copied (${showSize(bytes)}), ${digits(already)} already there.`);
  await print(io, `${manifest}\n${page}`);
  for (const one of leftOut) say(io, `Left out: ${describeKey(one)}, ${one.blobName}: ${one.reason}.`);
  if (leftOut.some(({ code }) => code === 'archived')) {
    say(
      io,
      'An archived record can be copied after it was rehydrated, which takes hours: `az storage blob set-tier --tier Hot`.',
    );
  }
  say(io, `Check the copy at any time, without Azure: \`keyvault-escrow verify --all --store ${to}\`.`);
}
