import { UsageFault } from '../../../app/usage-fault.ts';
import { isLiteral } from '../../../escrow/model/wildcard.ts';
import type { Cli } from '../../cli.ts';
import { restoreMatching } from './restore-matching.ts';
import { restoreOne } from './restore-one.ts';
import { withRestore } from './restore-options.ts';

const about = {
  summary: 'bring back one key, or a whole vault as of a time',
  description:
    'Checks the record against its digest, says where it can be restored and what will happen, asks, restores, compares name, version ids and public keys with the source and with what audits saw, and shows the key identifiers. A wrong key is named with the line that deletes it; of many keys the first such key stops all. Where the target is in use, go by way of a quarantine (--through). A key that is only soft-deleted in its own vault is recovered instead: nothing is lost then. It never renames and never overwrites. Of many keys (--all or a pattern) it shows the plan first and keeps a receipt; run it again to go on. Exit code 3 when only some came back, or some are not proven to be the right keys.',
  examples: [
    'restore --vault-name contoso-prod --name signing --to-vault-name contoso-prod',
    'restore --vault-name contoso-prod --name signing --at 2026-11-01 --to-vault-name contoso-dr --what-if',
    'restore --blob-name before-rotation/signing.keybackup --to-vault-name contoso-dr --yes',
    'restore --vault-name contoso-prod --all --to-vault-name contoso-new',
    'restore --vault-name contoso-prod --name signing --to-vault-name contoso-prod --through contoso-drill',
    'restore --hsm-name contoso-hsm --name payments --to-hsm-name contoso-hsm-2',
  ],
};

export function addRestore(cli: Cli) {
  return withRestore(cli.command('restore', about)).action(
    cli.action(async (values, io, task) => {
      const isMany = values.all || (values.name !== undefined && !isLiteral(values.name));
      if (!isMany) return restoreOne(values, io, task);
      if (values.blobName !== undefined) {
        throw new UsageFault(
          '--blob-name is one record, but the command is for many keys',
          'Leave one of the two out.',
        );
      }
      return restoreMatching(values, io, task);
    }),
  );
}
