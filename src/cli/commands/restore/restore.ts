import { isLiteral } from '../../../escrow/model/wildcard.ts';
import { defineCommand } from '../../command.ts';
import { UsageFault } from '../../terminal/usage-fault.ts';
import { restoreMatching } from './restore-matching.ts';
import { restoreOne } from './restore-one.ts';
import { restoreOptions } from './restore-options.ts';

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
