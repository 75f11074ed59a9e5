import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../support/cli.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { runAsApp } from '../support/nightly.ts';
import { useFolder } from '../support/temporary-folder.ts';
import { thiefOf } from '../support/thief.ts';

// Names that a vault and a container take, and a file system does not.

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['aux', 'signing'] }] });
const folder = await useFolder();
const env = escrowSettings(azure, [{ vaultName: 'contoso-prod' }]);

test('one record that a folder cannot hold is left out of a copy by name, and stops no other', async () => {
  await runAsApp(azure, env);
  const thief = thiefOf(azure, 'contoso-prod');
  await thief.plant('signing', { bytes: await thief.backUp('contoso-prod', 'signing'), name: 'named/before:after' });
  const { code, json } = await runCommand(azure, `copy --to ${join(folder, 'stick')} --json`, { env });
  expect([code, json()]).toEqual([3, expect.objectContaining({ copied: 1 })]);
  expect(json<{ leftOut: object[] }>().leftOut).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ blobName: expect.stringContaining('/aux/'), code: 'nameRefused' }),
      expect.objectContaining({ blobName: 'named/before:after', code: 'nameRefused' }),
    ]),
  );
  const again = await runCommand(azure, `copy --to ${join(folder, 'stick')} --json`, { env });
  expect([again.code, again.json()]).toEqual([3, expect.objectContaining({ copied: 0, already: 1 })]);
});
