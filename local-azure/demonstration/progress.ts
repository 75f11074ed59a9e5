import { styleText } from 'node:util';
import { printable } from '../../src/escrow/model/printable.ts';
import type { HostEvent } from '../functions-host/host-events.ts';
import { escrowEventOf } from './first-pass.ts';

interface Progress {
  step(text: string): void;
  /** Counts keys as they come in the app's log lines, and shows whatever went wrong. */
  show(event: HostEvent): void;
  done(): void;
}

/** Talk for a person: one line that is written over on a terminal, plain lines elsewhere. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  let keys = 0;
  let isOpen = false;
  const close = (): void => {
    if (isOpen) stream.write('\r\u001b[K');
    isOpen = false;
  };
  const say = (text: string): void => {
    close();
    stream.write(`${text}\n`);
  };
  return {
    step: (text) => say(`${styleText('dim', '·', { stream })} ${text}`),
    show(event) {
      const line = escrowEventOf(event);
      if (line?.event.startsWith('escrow.key.')) {
        keys++;
        if (stream.isTTY) {
          stream.write(`\r  ${keys} keys`);
          isOpen = true;
        }
      }
      if (line?.event === 'escrow.run.completed') {
        say(`  ${line.source}: ${line.considered} keys in ${(line.durationMs / 1000).toFixed(1)} s, ${line.status}`);
      }
      if (line?.event === 'escrow.request.refused' || line?.event === 'escrow.request.failed')
        say(`  ${printable(line.reason)}`);
      if (event.event === 'poisoned' && event.reason === 'notDecodable') {
        say(
          `  Message ${event.messageId} is not base64: the host put it on the poison queue, and the app never saw it.`,
        );
      }
      const isTrouble = event.event === 'log' && event.category !== 'user' && /error|critical/.test(event.level);
      if (isTrouble) say(printable(event.message, '\n'));
      if (event.event === 'output') say(printable(event.text));
    },
    done: close,
  };
}
