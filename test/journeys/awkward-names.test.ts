import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useEscrow } from '../support/escrow-scene.ts';
import { useFolder } from '../support/temporary-folder.ts';
import { thiefOf } from '../support/thief.ts';

// Names that a vault and a container take, and a file system does not.

const { azure, cli, night } = await useEscrow(
  [{ kind: 'vault', name: 'contoso-prod', keys: ['aux', 'signing'] }],
  [{ vaultName: 'contoso-prod' }],
);
const folder = await useFolder();

test('one record that a folder cannot hold is left out of a copy by name, and stops no other', async () => {
  await night();
  const thief = thiefOf(azure);
  await thief.plant('signing', { bytes: await thief.backUp('contoso-prod', 'signing'), name: 'named/before:after' });
  const { code, json } = await cli(`copy --to ${join(folder, 'stick')} --json`);
  expect([code, json()]).toEqual([3, expect.objectContaining({ copied: 1 })]);
  expect(json<{ leftOut: object[] }>().leftOut).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ blobName: expect.stringContaining('/aux/'), code: 'nameRefused' }),
      expect.objectContaining({ blobName: 'named/before:after', code: 'nameRefused' }),
    ]),
  );
  const again = await cli(`copy --to ${join(folder, 'stick')} --json`);
  expect([again.code, again.json()]).toEqual([3, expect.objectContaining({ copied: 0, already: 1 })]);
});
