import type { CommonValues } from '../../cli.ts';

/** What was given to a backup, into files or into a store. */
export interface BackupValues extends CommonValues {
  readonly force?: true | undefined;
  readonly whatIf?: true | undefined;
  readonly confirm?: true | undefined;
  readonly output?: string | undefined;
}
