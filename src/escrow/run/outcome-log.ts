import { failureSentence } from '../model/failure.ts';
import type { Outcome } from '../model/outcome.ts';
import type { RunId } from '../model/run-id.ts';
import { type SourceId, sourcePath } from '../model/source.ts';
import type { EscrowEvent, EscrowLog, LogLevel } from '../ports/escrow-events.ts';

export function logOutcome(log: EscrowLog, runId: RunId, source: SourceId, outcome: Outcome): void {
  log(levelOf(outcome), eventOf(outcome, { runId, source: sourcePath(source) }));
}

function levelOf(outcome: Outcome): LogLevel {
  switch (outcome.outcome) {
    case 'failed':
      return 'error';
    case 'skipped':
      return outcome.reason === 'certificateBacked' ? 'warn' : 'info';
    case 'wouldEscrow':
      return 'info';
    default:
      return outcome.unknownFormat || outcome.unexpectedRecord ? 'warn' : 'info';
  }
}

function eventOf(result: Outcome, run: { runId: RunId; source: string }): EscrowEvent {
  switch (result.outcome) {
    case 'escrowed':
    case 'alreadyEscrowed': {
      const { outcome, ...record } = result;
      return { event: 'escrow.key.escrowed', ...run, ...record, already: outcome === 'alreadyEscrowed' };
    }
    case 'skipped':
      return { event: 'escrow.key.skipped', ...run, key: result.key, reason: result.reason, message: result.message };
    case 'wouldEscrow':
      return { event: 'escrow.key.wouldEscrow', ...run, key: result.key, blobName: result.blobName };
    case 'failed': {
      const { key, code, remedy, statusCode, requestId } = result;
      return {
        event: 'escrow.key.failed',
        ...run,
        key,
        code,
        message: failureSentence(result),
        remedy,
        ...(statusCode !== undefined && { statusCode }),
        ...(requestId !== undefined && { requestId }),
      };
    }
  }
}
