import { type ImportOutcome, importBackups } from '../../app/import/import-backups.ts';
import { UsageFault } from '../../app/usage-fault.ts';
import { count, digits } from '../../escrow/model/count.ts';
import { describeSource, namesOfSource, sourceOfNames } from '../../escrow/model/source.ts';
import type { Cli } from '../cli.ts';
import { parseInstant, showInstant } from '../options/instants.ts';
import { withSource } from '../options/source-options.ts';
import { exitCodes } from '../terminal/io.ts';
import { painter, print, printJson, say } from '../terminal/print.ts';
import { alignColumns } from '../terminal/table.ts';

const about = {
  summary: 'make records of files that az or PowerShell wrote',
  description:
    "Takes files of az keyvault key backup or Backup-AzKeyVaultKey, or a folder of the cmdlet's own file names (vault-key-seconds), into the escrow. Only a drill shows what is in them: an import is labelled as one, and never counts as proven before a drill. What is uncertain is refused with the reason (exit code 3).",
  examples: [
    'import payments.bak --vault-name contoso-prod --name payments --taken-at 2024-05-01 --store ./escrow',
    'import ./old-backups --vault-name contoso-prod --store ./escrow --what-if',
  ],
};

export function addImport(cli: Cli) {
  return withSource(cli.command('import', about).argument('<files...>', 'files, or folders of them'))
    .option('--name <KEY>', 'the key in the file, where its name does not say so')
    .option('--taken-at <TIME>', 'when the backup was made, where the name of the file does not say so')
    .option('--what-if', 'say what would be imported; write nothing')
    .action(
      cli.action(async (values, io, task, files) => {
        const source = sourceOfNames(values);
        if (source === undefined) throw new UsageFault('Whose keys are these?', 'Pass --vault-name or --hsm-name.');
        const takenAt =
          values.takenAt === undefined ? undefined : parseInstant(values.takenAt, 'taken-at', task.services.now());
        if (!values.whatIf) await task.services.prepareStore();
        const options = { paths: files, source, name: values.name, takenAt, whatIf: values.whatIf ?? false };
        const outcomes = await importBackups(options, task);
        if (values.json) {
          const { url } = task.services.store;
          await printJson(io, { ...namesOfSource(source), store: url, files: outcomes });
        } else {
          const paint = painter(io);
          const rows = outcomes.map((one) => rowOf(one, paint));
          if (rows.length > 0) await print(io, alignColumns(io, rows));
          const done = outcomes.filter(({ outcome }) => outcome !== 'refused').length;
          say(
            io,
            `${count(done, 'file')} of ${digits(outcomes.length)} ${options.whatIf ? 'would be' : done === 1 ? 'is' : 'are'} in the escrow of ${describeSource(source)}.`,
          );
        }
        if (io.signal.aborted) return exitCodes.failed;
        return outcomes.some(({ outcome }) => outcome === 'refused') ? exitCodes.findings : exitCodes.done;
      }),
    );
}

function rowOf({ file, outcome, name, takenAt, reason }: ImportOutcome, paint: ReturnType<typeof painter>): string[] {
  if (outcome === 'refused') return [file, paint('red', 'refused'), reason ?? ''];
  const words = { imported: 'imported', already: 'already there', wouldImport: 'would import' }[outcome];
  return [file, paint('green', words), `key "${name}", made ${takenAt && showInstant(takenAt)}`];
}
