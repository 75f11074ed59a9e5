import type { InvocationContext } from '@azure/functions';
import { printableJson } from '../escrow/model/printable.ts';
import type { EscrowLog } from '../escrow/ports/escrow-events.ts';

/** One JSON object per line, at the level that Application Insights shows it with. */
export function contextLog(context: InvocationContext): EscrowLog {
  return (level, event) => context[level](printableJson(JSON.stringify(event)));
}
