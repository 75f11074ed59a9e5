import type { CommonValues } from '../../cli.ts';
import { confirm } from '../../terminal/confirm.ts';
import type { Io } from '../../terminal/io.ts';

/** What was given to a backup, into files or into a store. */
export interface BackupValues extends CommonValues {
  readonly force?: true | undefined;
  readonly whatIf?: true | undefined;
  readonly confirm?: true | undefined;
  readonly output?: string | undefined;
}

/** Asks before anything is backed up, where the person wants to be asked. */
export async function isAgreed(values: BackupValues, question: string, io: Io): Promise<boolean> {
  return !values.confirm || values.whatIf || confirm(io, question, false);
}
