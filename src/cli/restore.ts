import { isLiteral } from '../escrow/wildcard.ts';
import { defineCommand } from './command.ts';
import { recordChoiceOptions } from './record-choice-options.ts';
import { restoreMatching } from './restore-matching.ts';
import { restoreOne } from './restore-one.ts';
import { targetOptions } from './target-options.ts';
import { UsageFault } from './usage-fault.ts';

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

/** Brings keys back under the operator's own identity. Decides first, asks, then acts. */
export const restore = defineCommand({
  name: 'restore',
  summary: 'bring back one key, or a whole vault as of a time',
  help: 'Checks the record against its digest, says where it can be restored and what will happen, asks, restores, and shows the key identifiers. A key that is only soft-deleted in its own vault is recovered instead: nothing is lost then. It never renames and never overwrites. Of many keys (--all or a pattern) it shows the plan first and keeps a receipt; run it again to go on. Exit code 3 when only some came back.',
  examples: [
    'restore --vault-name contoso-prod --name signing --to-vault-name contoso-prod',
    'restore --vault-name contoso-prod --name signing --at 2026-11-01 --to-vault-name contoso-dr --what-if',
    'restore --blob-name before-rotation/signing.keybackup --to-vault-name contoso-dr --yes',
    'restore --vault-name contoso-prod --all --to-vault-name contoso-new',
    'restore --hsm-name contoso-hsm --name payments --to-hsm-name contoso-hsm-2',
  ],
  options: restoreOptions,
  run(values, io, services) {
    if (values.all && values.name !== undefined) {
      throw new UsageFault('--all and --name are both given', 'Choose by one of the two.');
    }
    const isMany = values.all || (values.name !== undefined && !isLiteral(values.name));
    if (!isMany) return restoreOne(values, io, services);
    if (values['blob-name'] !== undefined) {
      throw new UsageFault('--blob-name is one record, but many keys are asked for', 'Leave one of the two out.');
    }
    return restoreMatching(values, io, services);
  },
});
