import { describe, expect, test } from 'vitest';
import { eventRunId, requestRunId, scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { escrowLines } from '../support/escrow-host.ts';
import { useHostedEscrow } from '../support/hosted-escrow.ts';
import { fromNow, lastNight, minute } from '../support/now.ts';

const vault = 'https://contoso-prod.vault.azure.net';
const eventTime = new Date(Math.floor(fromNow(-minute).getTime() / 1000) * 1000);

const prodKeys = ['Signing', 'payroll', 'tmp-build'].map((name) => ({ name, versions: 2 }));
const { azure, container, host, queue } = await useHostedEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', keys: [...prodKeys, { name: 'www-cert', managed: true }] },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: ['payments', 'ledger'] },
  ],
  { sources: [{ vaultName: 'contoso-prod', except: ['tmp-*'] }, { hsmName: 'contoso-hsm' }] },
);

/** Sends a message and waits for the end of its invocation. */
async function ask(body: unknown): Promise<{ runId: string; messageId: string; since: number; error?: string }> {
  const since = host.events.length;
  const { messageId, insertedAt } = await queue.send(body);
  const finished = await host.waitFor((event) => event.event === 'finished', { since });
  const error = finished.event === 'finished' && finished.error !== undefined ? { error: finished.error } : {};
  return { runId: requestRunId(insertedAt, messageId), messageId, since, ...error };
}

describe('a message on the queue of the deployed bundle', () => {
  test.each([
    ['a key of a vault', { vaultName: 'Contoso-Prod', name: 'signing' }, 'vaults/contoso-prod/signing'],
    ['a key of a Managed HSM', { hsmName: 'contoso-hsm', name: 'payments' }, 'managed-hsms/contoso-hsm/payments'],
    ['a key identifier', { id: `${vault}/keys/payroll` }, 'vaults/contoso-prod/payroll'],
    ['an identifier with version', { id: `${vault}/keys/Signing/0123456789abcdef` }, 'vaults/contoso-prod/signing'],
    [
      'a key that the selection excludes',
      { vaultName: 'contoso-prod', name: 'tmp-build' },
      'vaults/contoso-prod/tmp-build',
    ],
  ])('escrows %s under a run id of its own', async (_what, body, folder) => {
    const { runId, error } = await ask(body);
    expect(error).toBeUndefined();
    const [record] = await container.list(`${folder}/${runId}`);
    expect(record).toMatchObject({
      name: `${folder}/${runId}.keybackup`,
      metadata: { runid: runId, trigger: 'request' },
    });
  });

  test('keeps the casing of the service in keyid, whatever the message said', async () => {
    const records = await container.list('vaults/contoso-prod/signing/');
    expect(new Set(records.map(({ metadata }) => metadata.keyid))).toEqual(new Set([`${vault}/keys/Signing`]));
  });

  test('needs no run report for one key', async () => {
    expect(await container.names('runs/')).toEqual([]);
  });

  test('escrows every selected key of one source, and leaves a report', async () => {
    const { runId } = await ask({ vaultName: 'contoso-prod' });
    const [report] = await container.reports(runId);
    expect(report).toMatchObject({
      source: 'vaults/contoso-prod',
      trigger: 'request',
      counts: { considered: 4, escrowed: 2, skipped: 2, failed: 0 },
    });
  });

  test('escrows every source, under the run id of the schedule where the message names its runTime', async () => {
    const runTime = lastNight();
    await ask({ all: true, runTime: runTime.toISOString() });
    const reports = await container.reports(scheduledRunId(runTime));
    expect(reports.map(({ source, trigger, status }) => [source, trigger, status])).toEqual([
      ['managed-hsms/contoso-hsm', 'schedule', 'ok'],
      ['vaults/contoso-prod', 'schedule', 'ok'],
    ]);
  });

  test('skips a certificate-backed key with the reason, and that is no failure', async () => {
    const { since, error } = await ask({ vaultName: 'contoso-prod', name: 'www-cert' });
    expect(error).toBeUndefined();
    expect(escrowLines(host.events, since)).toMatchObject([
      { event: 'escrow.key.skipped', key: 'www-cert', reason: 'certificateBacked' },
    ]);
  });

  test('writes the record under the requested blobName', async () => {
    const { runId } = await ask({
      vaultName: 'contoso-prod',
      name: 'payroll',
      blobName: 'audit 2026/payroll.keybackup',
    });
    const [record] = await container.list('named/audit 2026/');
    expect(record).toMatchObject({ name: 'named/audit 2026/payroll.keybackup', metadata: { runid: runId } });
  });

  test.each([
    ['one key', { vaultName: 'contoso-prod', name: 'payroll', whatIf: true }, ['payroll']],
    ['a source', { hsmName: 'contoso-hsm', whatIf: true }, ['payments', 'ledger']],
  ])('with whatIf says by name what would happen to %s, and writes nothing', async (_what, body, keys) => {
    const before = await container.names();
    const { since } = await ask(body);
    const lines = escrowLines(host.events, since);
    const would = lines.flatMap((line) => (line.event === 'escrow.key.wouldEscrow' ? [line.key] : []));
    expect(would.sort()).toEqual(keys.toSorted());
    expect(await container.names()).toEqual(before);
  });

  const data = {
    Id: `${vault}/keys/payroll/0123456789abcdef`,
    VaultName: 'contoso-prod',
    ObjectType: 'Key',
    ObjectName: 'payroll',
  };
  const newVersion = 'Microsoft.KeyVault.KeyNewVersionCreated';
  test.each([
    [
      'an Event Grid event',
      { id: 'event-1', eventType: newVersion, eventTime: eventTime.toISOString(), subject: 'payroll', data },
      'event-1',
    ],
    [
      'a CloudEvent',
      { id: 'event-2', type: newVersion, time: eventTime.toISOString(), specversion: '1.0', source: '/x', data },
      'event-2',
    ],
  ])('escrows the key that %s is about, once for two messages of it', async (_what, event, id) => {
    await ask(event);
    await ask(event);
    const runId = eventRunId(eventTime, id);
    const records = await container.list('vaults/contoso-prod/payroll/');
    expect(records.filter(({ name }) => name.includes(runId))).toMatchObject([
      { metadata: { runid: runId, trigger: 'event' } },
    ]);
  });

  test('obeys the selection when an event asks, and acknowledges the events that ask for nothing', async () => {
    const about = { ...data, Id: `${vault}/keys/tmp-build/0123456789abcdef`, ObjectName: 'tmp-build' };
    const event = { id: 'event-3', eventType: newVersion, eventTime: eventTime.toISOString(), data: about };
    const { since } = await ask(event);
    expect(escrowLines(host.events, since)).toMatchObject([{ event: 'escrow.key.skipped', reason: 'excluded' }]);
    const expiry = await ask({ ...event, id: 'event-4', eventType: 'Microsoft.KeyVault.KeyNearExpiry' });
    expect(escrowLines(host.events, expiry.since)).toMatchObject([{ event: 'escrow.request.acknowledged' }]);
  });

  test('never left the configured hosts, and left no message behind', async () => {
    expect(azure.proxy.refusedHosts).toEqual([]);
    await expect.poll(() => queue.count()).toBe(0);
  });
});
