import packageJson from '../../package.json' with { type: 'json' };
import { type Cli, type ComposeServices, createCli } from './cli.ts';
import { addBackup } from './commands/backup/backup.ts';
import { addCopy } from './commands/copy.ts';
import { addDiscover } from './commands/discover.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDownload } from './commands/download.ts';
import { addDrill } from './commands/drill/drill.ts';
import { addEnqueue } from './commands/enqueue.ts';
import { addImport } from './commands/import.ts';
import { addList } from './commands/list.ts';
import { addPlan } from './commands/plan.ts';
import { addReport } from './commands/report.ts';
import { addRestore } from './commands/restore/restore.ts';
import { addStatus } from './commands/status.ts';
import { addVerify } from './commands/verify.ts';
import { addCompletion } from './completion.ts';
import type { Io } from './terminal/io.ts';
import { print } from './terminal/print.ts';

/** Every command, in the order in which the help shows them. */
const commands: readonly ((cli: Cli) => unknown)[] = [
  addPlan,
  addBackup,
  addImport,
  addEnqueue,
  addList,
  addStatus,
  addVerify,
  addCopy,
  addDownload,
  addRestore,
  addDrill,
  addReport,
  addDoctor,
  addDiscover,
];

export function createProgram(io: Io, compose: ComposeServices): Cli {
  const cli = createCli(io, compose);
  for (const add of commands) add(cli);
  cli.program.command('version', { hidden: true }).action(() => print(io, packageJson.version));
  addCompletion(cli, io);
  return cli;
}
