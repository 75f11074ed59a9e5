import { failureSentence } from '../model/failure.ts';
import type { Outcome } from '../model/outcome.ts';
import type { RunId } from '../model/run-id.ts';
import { type SourceId, sourcePath } from '../model/source.ts';
import type { EscrowLog } from '../ports/escrow-events.ts';

export function logOutcome(log: EscrowLog, runId: RunId, source: SourceId, result: Outcome): void {
  const run = { runId, source: sourcePath(source) };
  switch (result.outcome) {
    case 'escrowed':
    case 'alreadyEscrowed': {
      const { outcome, ...record } = result;
      const level = record.unknownFormat || record.unexpectedRecord ? 'warn' : 'info';
      log(level, { event: 'escrow.key.escrowed', ...run, ...record, already: outcome === 'alreadyEscrowed' });
      break;
    }
    case 'skipped': {
      const { key, reason, message } = result;
      const level = reason === 'certificateBacked' ? 'warn' : 'info';
      log(level, { event: 'escrow.key.skipped', ...run, key, reason, message });
      break;
    }
    case 'wouldEscrow':
      log('info', { event: 'escrow.key.wouldEscrow', ...run, key: result.key, blobName: result.blobName });
      break;
    case 'failed': {
      const { key, code, remedy, statusCode, requestId } = result;
      log('error', {
        event: 'escrow.key.failed',
        ...run,
        key,
        code,
        message: failureSentence(result),
        remedy,
        ...(statusCode !== undefined && { statusCode }),
        ...(requestId !== undefined && { requestId }),
      });
      break;
    }
    default:
      // Every outcome has its line.
      result satisfies never;
  }
}
