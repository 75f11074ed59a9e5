import type { Command } from './command.ts';
import { download } from './download.ts';
import { enqueue } from './enqueue.ts';
import { list } from './list.ts';
import { plan } from './plan.ts';
import { restore } from './restore.ts';
import { verify } from './verify.ts';

/** Every command, in the order in which the help shows them. */
export const commands: readonly Command[] = [plan, enqueue, list, verify, download, restore];
