import type { Cli } from '../../cli.ts';
import { exitCodes } from '../../terminal/errors.ts';
import { count } from '../../terminal/figures.ts';
import type { Io } from '../../terminal/io.ts';
import { painter, print, printJson } from '../../terminal/print.ts';
import { alignColumns } from '../../terminal/table.ts';
import type { Check } from './doctor-check.ts';
import { ok } from './doctor-check.ts';
import { checkQueues } from './doctor-queue.ts';
import { checkSource } from './doctor-source.ts';
import { checkContainer } from './doctor-storage.ts';

/** Looks at a deployment as the person who asks sees it. */
const about = {
  summary: 'check a deployment: settings, sources, container, queues; each fault with its fix',
  description:
    'Checks the settings; of every source its name, the way to it, the token, the list permission, and one real backup that is thrown away; of the container that it can be read and that nothing in it can be overwritten or deleted (tried on a canary); the queue, whether its messages can be worked on, and the poison queue. What this identity may not look at is skipped, and says so. Exit code 3 when something failed.',
  examples: ['doctor', 'doctor --settings local.settings.json --json'],
};

export function addDoctor(cli: Cli) {
  return cli.command('doctor', about).action(
    cli.action(async (values, io, { services }) => {
      const { sources } = services.settings;
      // Settings with a fault end before any command begins, with every fault named.
      const settings = [ok('settings', 'all', `${count(sources.length, 'source')} configured`)];
      const groups = await Promise.all([
        ...sources.map((source) => checkSource(source, io, services)),
        checkContainer(io, services),
        checkQueues(io, services),
      ]);
      const checks = [...settings, ...groups.flat()];
      const failures = checks.filter(({ status }) => status === 'failed').length;
      if (values.json) await printJson(io, { status: failures === 0 ? 'ok' : 'findings', checks });
      else await tell(checks, failures, io);
      return failures === 0 ? exitCodes.done : exitCodes.findings;
    }),
  );
}

async function tell(checks: readonly Check[], failures: number, io: Io): Promise<void> {
  const paint = painter(io);
  const colours = { ok: 'green', failed: 'red', skipped: 'yellow' } as const;
  const rows = checks.map(({ check, subject, status, message }) => [
    paint(colours[status], status),
    check,
    subject,
    message,
  ]);
  await print(io, alignColumns(io, rows));
  for (const { status, check, subject, fix } of checks) {
    if (status === 'failed') await print(io, `\n${paint('bold', `${check}, ${subject}`)}: ${fix}`);
  }
  await print(
    io,
    `\n${failures === 0 ? paint('green', 'Nothing is wrong.') : paint('red', `${count(failures, 'check')} failed.`)}`,
  );
}
