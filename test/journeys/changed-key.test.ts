import { expect, test } from 'vitest';
import { requestRunId, scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { useEscrowApp } from '../support/escrow-scene.ts';
import { fromNow, lastNight, minute, now } from '../support/now.ts';
import { replaceKey } from '../support/replaced-key.ts';

const { azure, container, app } = await useEscrowApp(
  [{ kind: 'vault', name: 'contoso-prod', keys: ['signing', 'payroll'] }],
  [{ vaultName: 'contoso-prod' }],
);

const recordsOf = (key: string) => container.list(`vaults/contoso-prod/${key}/`);
const vault = azure.vault('contoso-prod');
const backedUpAt = (metadata: Readonly<Record<string, string>> | undefined) => new Date(metadata?.backedupat ?? '');

test('a key that was purged and made again is backed up again by the same run, under the next number, and both records stay', async () => {
  const runId = scheduledRunId(lastNight());
  const before = now();
  await app.nightly(lastNight());
  const [first] = await recordsOf('signing');
  // The vault's own time of the answer, which is in whole seconds.
  expect(backedUpAt(first?.metadata).getTime()).toBeGreaterThanOrEqual(Math.floor(before.getTime() / 1000) * 1000);
  expect(backedUpAt(first?.metadata).getTime()).toBeLessThanOrEqual(now().getTime());

  await replaceKey(vault, 'signing', first);
  const again = await app.nightly(lastNight(), 1);
  const second = `vaults/contoso-prod/signing/${runId}.2.keybackup`;
  expect(linesNamed(again.lines, 'escrow.key.escrowed').toSorted((a, b) => a.key.localeCompare(b.key))).toMatchObject([
    { key: 'payroll', already: true },
    { key: 'signing', already: false, blobName: second },
  ]);
  expect((await recordsOf('signing')).map(({ name }) => name)).toEqual([second, first?.name]);
  expect((await recordsOf('signing'))[1]).toEqual(first);

  const third = await app.nightly(lastNight(), 2);
  expect(linesNamed(third.lines, 'escrow.key.escrowed').map(({ already }) => already)).toEqual([true, true]);
});

test('a message that is delivered again after its key has changed leaves one record of each state', async () => {
  const delivery = { messageId: '7f3a9c1e-0000-4000-8000-000000000000', insertedAt: now() };
  const runId = requestRunId(delivery.insertedAt, delivery.messageId);
  const request = { vaultName: 'contoso-prod', name: 'payroll' };
  const deliver = async (attempt: number) =>
    linesNamed((await app.deliver(request, { ...delivery, attempt })).lines, 'escrow.key.escrowed')[0];
  expect(await deliver(1)).toMatchObject({ already: false });
  expect(await deliver(2)).toMatchObject({ already: true });
  const record = (await recordsOf('payroll')).find(({ name }) => name.includes(runId));
  await replaceKey(vault, 'payroll', record);
  const blobName = `vaults/contoso-prod/payroll/${runId}.2.keybackup`;
  expect(await deliver(3)).toMatchObject({ already: false, blobName });
  expect(await deliver(4)).toMatchObject({ already: true, blobName });
});

test('a record that somebody else left under the name of a run to come settles nothing unless it says a time of backup', async () => {
  const night = fromNow(-2 * minute);
  const runId = scheduledRunId(night);
  const [genuine] = await recordsOf('signing');
  const planted = `vaults/contoso-prod/signing/${runId}.keybackup`;
  const metadata = Object.entries({ ...genuine?.metadata, runid: runId }).filter(([name]) => name !== 'backedupat');
  await container.put(planted, 'not a backup', Object.fromEntries(metadata));
  const { lines, error } = await app.nightly(night);
  expect(error).toBeUndefined();
  const line = linesNamed(lines, 'escrow.key.escrowed').find(({ key }) => key === 'signing');
  expect(line).toMatchObject({ blobName: planted.replace('.keybackup', '.2.keybackup'), unexpectedRecord: true });
});

test('what a thief plants while the run is due passes at most with a warning', async () => {
  const night = fromNow(-minute);
  const runId = scheduledRunId(night);
  const [genuine] = await recordsOf('signing');
  const planted = `vaults/contoso-prod/signing/${runId}.keybackup`;
  const metadata = { ...genuine?.metadata, runid: runId, backedupat: now().toISOString(), sha256: '0'.repeat(64) };
  await container.put(planted, 'not a backup', metadata);
  const { lines } = await app.nightly(night);
  const line = linesNamed(lines, 'escrow.key.escrowed').find(({ key }) => key === 'signing');
  expect(line).toMatchObject({ already: true, blobName: planted, unexpectedRecord: true });
});
