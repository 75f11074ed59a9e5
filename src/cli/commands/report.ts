import { writeFile } from 'node:fs/promises';
import type { OperatorServices } from '../../app/operator-services.ts';
import { conductAudit } from '../../escrow/audit/audit.ts';
import type { Audit, EvidenceDigest } from '../../escrow/audit/audit-document.ts';
import { readAuditTrail } from '../../escrow/audit/audit-trail.ts';
import { EscrowFault } from '../../escrow/model/failure.ts';
import { answerLine } from '../../escrow/page/answer.ts';
import { reportPage } from '../../escrow/page/report-page.ts';
import type { Cli } from '../cli.ts';
import { exitCodes } from '../terminal/errors.ts';
import { count } from '../terminal/figures.ts';
import type { Io } from '../terminal/io.ts';
import { printJson, say, write } from '../terminal/print.ts';

/** The page of an audit, for an auditor's mailbox or a printer. */
const about = {
  summary: 'write the page of the newest audit, or of one made now, to a file',
  description:
    'Makes one self-contained HTML page: how many of how many keys can be brought back, what cannot, and the proof. It shows the newest audit in the container, which needs no source to be there any more; with --now it audits with your own identity and keeps nothing. Without -o the page goes to stdout; with --json the audit itself does. Exit code 3 when the audit has gaps.',
  examples: ['report -o escrow.html', 'report --now -o escrow.html', 'report --json'],
};

export function addReport(cli: Cli) {
  return cli
    .command('report', about)
    .option('-o, --output <FILE>', 'where the page goes; absent: stdout')
    .option('--now', 'audit now, without keeping it, instead of showing the newest audit')
    .action(
      cli.action(async (values, io, services) => {
        const { audit, written } = values.now ? await auditNow(io, services) : await newestAudit(io, services);
        const page = reportPage(audit, written);
        if (values.output !== undefined) await writePage(values.output, page);
        if (values.json) await printJson(io, { ...(written && { audit: written }), ...audit });
        else if (values.output === undefined) await write(io, page);
        const of = written === undefined ? 'audited now' : `audited ${audit.startedAt}`;
        say(io, `${answerLine(audit)} (${of}); ${count(audit.findings.length, 'finding')}.`);
        return audit.status === 'ok' ? exitCodes.done : exitCodes.findings;
      }),
    );
}

async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new EscrowFault('cannotWrite', `Cannot write ${file}: ${reason}`, 'Choose another file.', { cause });
  }
}

interface Shown {
  readonly audit: Audit;
  readonly written: EvidenceDigest | undefined;
}

async function auditNow(io: Io, services: OperatorServices): Promise<Shown> {
  const { settings, container, audits, drills, now, keysOf } = services;
  const ports = { container, audits, drills, now, keysOf, outOfTime: io.signal };
  return { audit: await conductAudit(settings, ports), written: undefined };
}

async function newestAudit(io: Io, services: OperatorServices): Promise<Shown> {
  const { newest, unsound } = await readAuditTrail(services.audits, services.now(), io.signal);
  const [altered] = unsound;
  if (altered !== undefined) {
    throw new EscrowFault(
      'auditAltered',
      `the newest audit "${altered.name}" is not as it was written`,
      'Find out who replaced it (storage logs), run verify --chain, and audit now: report --now.',
    );
  }
  if (newest === undefined) {
    throw new EscrowFault(
      'noAudit',
      'there is no audit in the container yet',
      'Wait for the daily audit, or audit now: report --now.',
    );
  }
  return { audit: newest.audit, written: { name: newest.name, sha256: newest.sha256 } };
}
