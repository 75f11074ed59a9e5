import type { Command } from './command.ts';
import { doctor } from './doctor.ts';
import { download } from './download.ts';
import { drill } from './drill.ts';
import { enqueue } from './enqueue.ts';
import { list } from './list.ts';
import { plan } from './plan.ts';
import { report } from './report.ts';
import { restore } from './restore.ts';
import { status } from './status.ts';
import { verify } from './verify.ts';

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
