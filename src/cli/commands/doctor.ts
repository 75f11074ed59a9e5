import { join } from 'node:path';
import type { Check, CheckedSubject } from '../../app/doctor/check.ts';
import { type Diagnosis, diagnose } from '../../app/doctor/diagnose.ts';
import { namesOfSource } from '../../escrow/model/source.ts';
import type { Cli } from '../cli.ts';
import { showAge } from '../options/instants.ts';
import { readSourcesList, sourcesList } from '../options/sources-list.ts';
import { exitCodes, type Io } from '../terminal/io.ts';
import { painter, print, printJson } from '../terminal/print.ts';
import { alignColumns } from '../terminal/table.ts';

const about = {
  summary: 'check a deployment: settings, sources, container, queues; each fault with its remedy',
  description:
    'Checks the settings; of every source its name, the way to it, the token, the list permission, and one real backup that is thrown away; of the container that it can be read and that nothing in it can be overwritten or deleted (tried on a canary), and whether an audit could say how long it keeps backups; the queue, whether its messages can be worked on, and the poison queue; which vaults are on no list. What your identity may not look at is not checked, and the last line counts it. Exit code 3 when something failed.',
  examples: ['doctor', 'doctor --settings local.settings.json --json'],
};

export function addDoctor(cli: Cli) {
  return cli.command('doctor', about).action(
    cli.action(async (values, io, task) => {
      const listed = await readSourcesList(join(io.folder, sourcesList));
      const diagnosis = await diagnose(task, io.env, listed);
      if (values.json) await printJson(io, diagnosisObject(diagnosis));
      else await printDiagnosis(diagnosis, task.services.now(), io);
      return diagnosis.counts.failed === 0 ? exitCodes.done : exitCodes.findings;
    }),
  );
}

function diagnosisObject({ subjects, counts, latest }: Diagnosis): object {
  const { run, audit, drill } = latest;
  return {
    status: counts.failed === 0 ? 'ok' : 'findings',
    counts,
    lastRun: run ?? null,
    lastAudit: audit ?? null,
    lastDrill: drill ?? null,
    checks: subjects.flatMap(({ subject, source, checks }) =>
      checks.map((check) => ({ ...(source && namesOfSource(source)), subject, ...check })),
    ),
  };
}

const words = { ok: 'ok', notChecked: 'not checked', failed: 'failed' } as const;
const colours = { ok: 'green', notChecked: 'yellow', failed: 'red' } as const;

async function printDiagnosis({ subjects, counts, latest }: Diagnosis, now: Date, io: Io): Promise<void> {
  const paint = painter(io);
  for (const { subject, checks } of subjects) {
    await print(io, paint('bold', subject));
    // The same widths under every heading.
    const rows = checks.map(({ check, status, message }) => [
      paint(colours[status], words[status].padEnd(words.notChecked.length)),
      check.padEnd('poison queue'.length),
      message,
    ]);
    await print(io, alignColumns(io, rows, '  '));
  }
  await printRemedies('To do', 'failed', subjects, io);
  await printRemedies('To check the rest', 'notChecked', subjects, io);

  const { ok, notChecked, failed } = counts;
  const verdict = `${ok} ok, ${notChecked} not checked, ${failed} failed`;
  const last = (what: string, time: Date | undefined): string =>
    time === undefined ? `no ${what} yet` : `last ${what} ${showAge(time, now)}`;
  const { run, audit, drill } = latest;
  const events = [
    run === undefined ? 'no run in the last 8 days' : last('run', run),
    last('audit', audit),
    last('drill', drill),
  ];
  await print(io, `\n${paint(failed === 0 ? 'green' : 'red', verdict)}; ${events.join(', ')}.`);
}

/** Each remedy once, with all that it is for. */
async function printRemedies(
  title: string,
  status: Check['status'],
  subjects: readonly CheckedSubject[],
  io: Io,
): Promise<void> {
  const paint = painter(io);
  const wanted = subjects.flatMap(({ subject, checks }) =>
    checks.flatMap(({ check, status: one, remedy }) => (one === status && remedy ? [{ subject, check, remedy }] : [])),
  );
  if (wanted.length === 0) return;
  await print(io, `\n${paint('bold', title)}`);
  for (const [remedy, alike] of Map.groupBy(wanted, (one) => one.remedy)) {
    const checks = new Set(alike.map(({ check }) => check));
    await print(io, `  ${[...checks].join(', ')} of ${alike.map(({ subject }) => subject).join(', ')}: ${remedy}`);
  }
}
