import type { OperatorServices } from '../../app/operator-services.ts';
import { verifyChain } from '../../escrow/audit/evidence-chain.ts';
import type { ExitCode } from '../terminal/errors.ts';
import { exitCodes } from '../terminal/errors.ts';
import { count } from '../terminal/figures.ts';
import type { Io } from '../terminal/io.ts';
import { painter, print, printJson, say } from '../terminal/print.ts';

/** Follows the chain of evidence: audits, and what they list by digest. */
export async function verifyEvidence(json: boolean, io: Io, services: OperatorServices): Promise<ExitCode> {
  const { audits, evidence, newest, findings } = await verifyChain(services, services.now(), io.signal);
  // Silence is no proof: whoever verifies the chain expects one to be there.
  const isRight = audits > 0 && findings.every(({ severity }) => severity === 'warning');
  if (json) {
    await printJson(io, { status: isRight ? 'ok' : 'findings', counts: { audits, evidence }, newest, findings });
    return isRight ? exitCodes.done : exitCodes.findings;
  }
  const paint = painter(io);
  for (const { severity, message } of findings) await print(io, paint(severity === 'gap' ? 'red' : 'yellow', message));
  const verdict =
    audits === 0 ? 'there is no audit yet, so there is nothing to follow' : count(findings.length, 'finding');
  await print(
    io,
    `${count(audits, 'audit')}, ${evidence} reports, receipts and pages: ${isRight ? paint('green', 'the chain is whole') : paint('red', verdict)}`,
  );
  if (newest !== undefined) {
    say(
      io,
      `The newest audit is ${newest.name} with SHA-256 ${newest.sha256}. Nothing in the container proves that one: compare it with the log line escrow.audit.completed.`,
    );
  }
  return isRight ? exitCodes.done : exitCodes.findings;
}
