import type { PacedTarget } from '../../../app/restore/prepare-restore.ts';
import type { QuarantineDesk } from '../../../app/restore/restore-ports.ts';
import { defaultBackupsPerSecond, describeSource, type PacedSource } from '../../../escrow/model/source.ts';
import { confirm } from '../../terminal/confirm.ts';
import type { Io } from '../../terminal/io.ts';
import { say } from '../../terminal/print.ts';

/** The place of `--through`: of the kind of the target. */
export function readThrough(name: string | undefined, { source }: PacedTarget): PacedSource | undefined {
  if (name === undefined) return undefined;
  return { kind: source.kind, name, maxBackupsPerSecond: defaultBackupsPerSecond(source.kind) };
}

/** Asks the person, and holds the process while a key stands in the quarantine. */
export function openQuarantineDesk(
  through: PacedSource | undefined,
  yes: boolean | undefined,
  io: Io,
): QuarantineDesk & Disposable {
  const place = through === undefined ? '' : describeSource(through);
  const held = io.holdOpen((keyName) => `Key "${keyName}" may stand in ${place}: look, and delete it there.`);
  return {
    ...held,
    agree(record, { verdict, reasons }) {
      say(io, `Key "${record.keyName}", as it came to ${place}, is ${verdict}: ${reasons.join('; ')}.`);
      return confirm(io, 'Send it to the target all the same?', yes);
    },
  };
}
