import type { InvocationContext } from '@azure/functions';
import { printableJson } from '../escrow/model/printable.ts';
import type { EscrowLog } from '../escrow/ports/escrow-events.ts';

/** One JSON object per line, at the level that Application Insights shows it with. */
export function contextLog(context: InvocationContext): EscrowLog {
  const write = {
    info: (line: string) => context.log(line),
    warn: (line: string) => context.warn(line),
    error: (line: string) => context.error(line),
  };
  return (level, event) => write[level](printableJson(JSON.stringify(event)));
}
