import type { CommonValues } from '../../cli.ts';
import type { RecordChoiceValues } from '../../options/record-options.ts';
import type { TargetValues } from '../../options/target-options.ts';

/** What was given to a restore, of one key or of many. */
export interface RestoreValues extends RecordChoiceValues, TargetValues, CommonValues {
  readonly all?: true | undefined;
  readonly whatIf?: true | undefined;
  readonly yes?: true | undefined;
  readonly through?: string | undefined;
  readonly receipt?: string | undefined;
}
