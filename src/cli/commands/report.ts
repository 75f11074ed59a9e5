import { Option } from '@commander-js/extra-typings';
import { auditTable } from '../../app/audit-table.ts';
import { auditNow, showNewestAudit } from '../../app/show-audit.ts';
import { UsageFault } from '../../app/usage-fault.ts';
import { count } from '../../escrow/model/count.ts';
import type { Cli } from '../cli.ts';
import { exitCodes } from '../terminal/io.ts';
import { writeOutputFile } from '../terminal/output-file.ts';
import { printJson, say, write } from '../terminal/print.ts';

const about = {
  summary: 'write the page of the newest audit, or of one made now, to a file',
  description:
    'Makes one self-contained HTML page: how many of how many keys have an intact backup, what is missing, and what that rests on. It shows the newest audit that can be read, which needs no source to be there any more; with --now it audits with your own identity and keeps nothing. Without -o the page goes to stdout, which must not be a terminal; with --json the audit itself does, with --csv a row a key. An existing file is replaced only when you say so. Exit code 3 when the audit has gaps.',
  examples: [
    'report -o keyvault-escrow-report.html',
    'report --now -o keyvault-escrow-report.html',
    'report --csv -o keyvault-escrow-keys.csv',
  ],
};

export function addReport(cli: Cli) {
  return cli
    .command('report', about)
    .option('-o, --output <FILE>', 'where the page goes; stdout without it')
    .option('--force', 'replace the file')
    .addOption(new Option('--csv', 'a row a key, for a spreadsheet, in place of the page').conflicts('json'))
    .option('--now', 'audit now, without keeping it, instead of showing the newest audit')
    .action(
      cli.action(async (values, io, task) => {
        const { output: file, force, json, now, csv } = values;
        if (file === undefined && !json && !csv && io.isTTY.stdout) {
          const remedy = 'Name a file: `keyvault-escrow report -o keyvault-escrow-report.html`.';
          throw new UsageFault('the page is HTML, which a terminal cannot show', remedy);
        }
        const { audit, stored, page, answer } = now ? await auditNow(task) : await showNewestAudit(task);
        // As in every message, a command line can be pasted.
        const named = csv ? auditTable(audit) : page.replaceAll('<code>keyvault-escrow ', `<code>${io.program} `);
        if (file !== undefined && !(await writeOutputFile(io, { file, content: named, mode: 0o666, force }))) {
          return exitCodes.failed;
        }
        if (json) await printJson(io, { audit: stored, ...audit });
        else if (file === undefined) await write(io, csv ? named.trimEnd() : named);
        const of = stored === undefined ? 'audited now' : `audited ${audit.startedAt}`;
        say(io, `${answer} (${of}); ${count(audit.findings.length, 'finding')}.`);
        return audit.status === 'ok' ? exitCodes.done : exitCodes.findings;
      }),
    );
}
