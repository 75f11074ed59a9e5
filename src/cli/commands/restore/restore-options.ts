import type { Values } from '../../command.ts';
import { recordChoiceOptions } from '../../options/record-choice-options.ts';
import { targetOptions } from '../../options/target-options.ts';

/** The options of a restore, of one key and of many. */
export const restoreOptions = {
  ...recordChoiceOptions,
  name: { type: 'string', value: 'KEY', about: 'the key, or a pattern with * and ?' },
  all: { type: 'boolean', about: 'every key of the source that the escrow has a record of' },
  ...targetOptions,
  'what-if': { type: 'boolean', about: 'say what would happen; change nothing' },
  yes: { type: 'boolean', about: 'do not ask' },
  receipt: {
    type: 'string',
    value: 'FILE',
    about: 'of many keys: where to keep the receipt; the same file goes on where a pass ended',
  },
} as const;

export type RestoreValues = Values<typeof restoreOptions & { json: { type: 'boolean'; about: string } }>;
