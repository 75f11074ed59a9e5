import { describe, expect, test } from 'vitest';
import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import { digestOf } from '../support/container-view.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { useEscrowApp } from '../support/escrow-scene.ts';
import { now } from '../support/now.ts';

const request = { vaultName: 'contoso-prod', name: 'signing', blobName: 'hand-over/signing.keybackup' };

const { azure, container, app } = await useEscrowApp(
  [{ kind: 'vault', name: 'contoso-prod', keys: ['signing'] }],
  [{ vaultName: 'contoso-prod' }],
);
const write = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write';
const writer = azure.registry.add('an app that may overwrite', [...appDataActions, write]);
const mightier = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }], { identity: writer });
expect((await app.deliver(request)).error).toBeUndefined();

describe('a blobName that is taken', () => {
  test.each(['conflict', 'forbidden'] as const)(
    'is refused without force, even where the identity may overwrite (%s)',
    async (answer) => {
      azure.storage.existingBlobAnswer = answer;
      const before = await container.list();
      for (const either of [app, mightier]) {
        const { error, lines, poison } = await either.deliver(request);
        expect(error).toBeUndefined();
        const [refused] = linesNamed(lines, 'escrow.request.refused');
        expect(refused?.reason).toMatch(
          /"named\/hand-over\/signing\.keybackup" is already there, written by run .*say "force"/,
        );
        expect(poison).toEqual([JSON.stringify(request)]);
      }
      expect((await container.list()).filter(({ name }) => name.startsWith('named/hand-over/'))).toEqual(
        before.filter(({ name }) => name.startsWith('named/hand-over/')),
      );
    },
  );

  test('is refused with force by the deployed identity, with the remedy', async () => {
    const before = await container.list('named/hand-over/');
    const { lines, poison } = await app.deliver({ ...request, force: true });
    const [refused] = linesNamed(lines, 'escrow.request.refused');
    expect(refused?.reason).toMatch(
      /"force" may not replace .*403.*write-once for this identity.*choose another "blobName"/,
    );
    expect(poison).toHaveLength(1);
    expect(await container.list('named/hand-over/')).toEqual(before);
  });

  test('is replaced with force where the identity may overwrite, by exactly the new bytes', async () => {
    const [before] = await container.list('named/hand-over/');
    const { lines, error } = await mightier.deliver({ ...request, force: true });
    expect(error).toBeUndefined();
    const [escrowed] = linesNamed(lines, 'escrow.key.escrowed');
    const [after] = await container.list('named/hand-over/');
    expect(after?.metadata.runid).not.toBe(before?.metadata.runid);
    expect(after?.metadata).toMatchObject({ runid: escrowed?.runId, sha256: escrowed?.sha256 });
    expect(escrowed?.sha256).toBe(digestOf('sha256', await container.read(`named/${request.blobName}`), 'hex'));
  });

  test('is not replaced again when the forced message is delivered twice', async () => {
    const delivery = { messageId: '5f3a9c1e-0000-4000-8000-000000000000', insertedAt: now() };
    await mightier.deliver({ ...request, force: true }, delivery);
    const [before] = await container.list('named/hand-over/');
    const { lines } = await mightier.deliver({ ...request, force: true }, { ...delivery, attempt: 2 });
    expect(linesNamed(lines, 'escrow.key.escrowed')).toMatchObject([{ already: true }]);
    expect(await container.list('named/hand-over/')).toEqual([before]);
  });

  test('belongs to another blob of the same name: nothing of it is touched', async () => {
    await container.put('named/hand-over/letter.txt', 'Dear auditor');
    const { lines } = await app.deliver({ ...request, blobName: 'hand-over/letter.txt' });
    expect(linesNamed(lines, 'escrow.request.refused')[0]?.reason).toMatch(/already there/);
    expect((await container.read('named/hand-over/letter.txt')).toString()).toBe('Dear auditor');
  });
});
