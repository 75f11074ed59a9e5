import type { Command } from './command.ts';
import { doctor } from './commands/doctor/doctor.ts';
import { download } from './commands/download.ts';
import { drill } from './commands/drill/drill.ts';
import { enqueue } from './commands/enqueue.ts';
import { list } from './commands/list.ts';
import { plan } from './commands/plan.ts';
import { report } from './commands/report.ts';
import { restore } from './commands/restore/restore.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';

/** Every command, in the order in which the help shows them. */
export const commands: readonly Command[] = [
  plan,
  enqueue,
  list,
  status,
  verify,
  download,
  restore,
  drill,
  report,
  doctor,
];
