import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { describe, expect, test } from 'vitest';
import { drillOperatorRoles, requesterDataActions } from '../../local-azure/identity/deployed-roles.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { drillJournalFormat } from '../../src/escrow/records/drill-journal.ts';
import { drillFormat } from '../../src/escrow/records/drill-receipt.ts';
import { sha256Of } from '../../src/escrow/records/put-once.ts';
import { auditOnce } from '../support/audit-app.ts';
import { found, keyIn } from '../support/audit-findings.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { useEscrow } from '../support/escrow-scene.ts';
import { escrowSource } from '../support/escrow-sources.ts';
import { answer } from '../support/fault-effects.ts';
import type { TestAzure } from '../support/local-azure.ts';
import { fromNow, hour, minute } from '../support/now.ts';
import { runReport } from '../support/run-report.ts';
import { thiefOf } from '../support/thief.ts';

// What those who may write something write to deceive: a sender of messages, a drill operator, a thief of the backup identity.
// Each acts under exactly the rights of its role; the audit and the commands have their own.

const sources = [{ vaultName: 'contoso-prod' }, { vaultName: 'contoso-web' }];

const { azure, container, cli, look, night } = await useEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', keys: ['payroll', 'signing', 'ledger'] },
    { kind: 'vault', name: 'contoso-web', keys: ['web'] },
    { kind: 'vault', name: 'contoso-dr' },
    { kind: 'vault', name: 'contoso-drill' },
  ],
  sources,
  ' --max-per-second 1000',
);
const thief = thiefOf(azure);
await night();
expect((await auditNow()).audit.status).toBe('ok');

async function auditNow(hoursAhead = 0, settings: Readonly<Record<string, string>> = {}) {
  const run = await auditOnce(azure, sources, hoursAhead, { settings });
  return { ...run, audit: await run.kept() };
}

describe('whoever may only send messages', () => {
  test('and piles up refused and valid ones has them counted, and stops no audit', async () => {
    const requester = azure.registry.add('requester', requesterDataActions);
    const queueAs = (identity: TestAzure['identities']['app']) =>
      new QueueClient(`${azure.queueServiceUrl}/${azure.queueName}`, azure.credential(identity));
    const refused = Array.from({ length: 12 }, (_, index) => ({ vaultName: `nobody-${index}` }));
    const valid = Array.from({ length: 12 }, () => ({ vaultName: 'contoso-prod', name: 'payroll' }));
    const sender = queueAs(requester);
    for (const body of [...refused, ...valid])
      await sender.sendMessage(Buffer.from(JSON.stringify(body)).toString('base64'));
    const app = await startEscrowApp(azure, sources);
    const { receivedMessageItems } = await queueAs(azure.identities.app).receiveMessages({ numberOfMessages: 32 });
    for (const { messageText, messageId, insertedOn } of receivedMessageItems)
      await app.deliver(Buffer.from(messageText, 'base64'), { messageId, insertedAt: insertedOn });
    const { audit } = await auditNow();
    expect([audit.status, found(audit)]).toEqual(['ok', ['requestsNotCarriedOut (warning)']]);
    expect(audit.findings[0]?.detail).toContain('12 requests');
    expect((await container.names('vaults/contoso-prod/payroll/')).length).toBe(13);
    expect((await look('status')).code).toBe(0);
  });
});

describe('a drill operator', () => {
  const receiptId = scheduledRunId(fromNow(-2 * minute));
  const journalId = scheduledRunId(fromNow(-3 * minute));
  const putDrill = async (name: string, content: object) => {
    const operator =
      azure.registry.find('drill operator') ??
      azure.registry.add('drill operator', ...drillOperatorRoles(azure.containers));
    const drills = new ContainerClient(azure.drillContainerUrl, azure.credential(operator));
    const text = JSON.stringify(content);
    await drills.getBlockBlobClient(name).upload(text, text.length, { conditions: { ifNoneMatch: '*' } });
  };

  test('who forges a receipt silences the reminder, and the page says that receipts are claims, and whose', async () => {
    const settings = { ESCROW_MAX_DRILL_AGE_DAYS: '90' };
    expect(found((await auditNow(0, settings)).audit)).toContain('drillOverdue');
    const record = (await container.names('vaults/contoso-prod/ledger/'))[0] ?? '';
    const key = { source: 'vaults/contoso-prod', key: 'ledger', blobName: record, sha256: '', versions: [] };
    await putDrill(`drills/${receiptId}.json`, {
      format: drillFormat,
      startedAt: fromNow(-2 * minute).toISOString(),
      finishedAt: fromNow(-minute).toISOString(),
      target: 'vaults/contoso-drill',
      status: 'ok',
      keys: [{ ...key, outcome: 'proven' }],
    });
    const { audit, page } = await auditNow(0, settings);
    expect(found(audit)).not.toContain('drillOverdue');
    expect([audit.totals.intact, audit.totals.proven]).toEqual([4, 1]);
    const shown = await page();
    expect(shown).toContain('4 of 4 keys have an intact backup · 1 proven by a restore');
    expect(shown).toContain(`<code>drills/${receiptId}.json</code>, a claim of whoever ran it`);
    expect(shown).toContain('Receipts of restore drills: drill operators.');
  });

  test('who forges a journal leads no drill and no sweep to a key of somebody else, in a vault that was mistyped', async () => {
    azure.vault('contoso-dr').addKey({ name: 'payroll' });
    const theirs = azure.vault('contoso-dr').versions('payroll');
    await putDrill(`drills/${journalId}.journal.json`, {
      format: drillJournalFormat,
      drillId: journalId,
      startedAt: fromNow(-2 * minute).toISOString(),
      target: 'vaults/contoso-dr',
      keys: [{ source: 'vaults/contoso-prod', key: 'payroll', blobName: 'x' }],
    });
    const open = (await auditNow(2)).audit.findings.find(({ finding }) => finding === 'drillOpen');
    expect(open?.detail).toContain(`drills/${journalId}.journal.json`);
    expect((await cli('drill --to-vault-name contoso-dr --sample 1 --yes')).code).toBe(1);
    expect(await cli('drill sweep --to-vault-name contoso-dr', { answers: 'n\n' })).toEnd(1, 'payroll');
    expect(await cli('drill sweep --to-vault-name contoso-dr --yes')).toEnd(3, 'Left alone: key "payroll"');
    expect(azure.vault('contoso-dr').versions('payroll')).toEqual(theirs);
  });
});

describe('what would steer a terminal or turn the reading direction', () => {
  // Clears the screen, and turns the reading direction.
  const hostile = 'no \u001b[2J access \u202egnp';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not be there
  const steering = /[\u001b\u202e]/;

  test("from a vault's answer, a report or a folder's name reaches no log line, no page and no terminal", async () => {
    const effect = answer(403, 'Forbidden', hostile);
    const restoreAccess = azure.keyVault.faults.add({ source: 'contoso-web', operation: 'listKeys', effect });
    const runId = scheduledRunId(fromNow(-minute));
    const at = fromNow(-minute).toISOString();
    const failure = { code: 'x', attempt: 'backUp', subject: 's', reason: hostile, remedy: hostile };
    const report = runReport(escrowSource('vault', 'contoso-prod'), { runId, startedAt: at, finishedAt: at });
    const keys = ['payroll', hostile].map((key) => ({ key, outcome: 'failed', ...failure }));
    await thief.put(`runs/${runId}/vaults/contoso-prod.json`, JSON.stringify({ ...report, keys, problems: [failure] }));
    await thief.put(`vaults/contoso-prod/\u202eghost/${runId}.keybackup`, 'planted');

    const { texts, audit, page } = await auditNow(30);
    expect(audit.findings.map(({ detail }) => detail).join()).toContain(hostile);
    expect(texts.join('\n')).toContain('\\u001b[2J access \\u202e');
    expect(texts.filter((text) => steering.test(text))).toEqual([]);
    const shown = await page();
    expect([shown.includes('access'), steering.test(shown)]).toEqual([true, false]);
    for (const line of ['status', 'status --json', 'report --now', 'report --json', 'list', 'verify --all']) {
      const { stdout, stderr } = await look(line, { hoursLater: 30 });
      expect([line, steering.test(stdout + stderr)]).toEqual([line, false]);
    }
    expect((await look('status', { hoursLater: 30 })).stdout).toContain('\\u001b[2J access');
    restoreAccess();
  });
});

describe('a blob that no app wrote, in the folder of a key', () => {
  test('and that is not a block blob, to which anybody could append, is a finding, and restores pass over it', async () => {
    const [genuine = ''] = await container.names('vaults/contoso-prod/ledger/');
    const { metadata = {} } = await container.client.getBlobClient(genuine).getProperties();
    const name = `vaults/contoso-prod/ledger/${scheduledRunId(fromNow(-minute))}.keybackup`;
    const blob = thief.container.getAppendBlobClient(name);
    const bytes = await thief.backUp('contoso-prod', 'payroll');
    await blob.create({ metadata: { ...metadata, backedupat: fromNow(0).toISOString() } });
    await blob.appendBlock(Buffer.from(bytes), bytes.length);
    const { audit } = await auditNow();
    expect(found(audit)).toContain('recordNotBlockBlob ledger');
    expect(keyIn(audit, 'ledger')?.record?.blobName).toBe(genuine);
    expect((await look('status --name ledger')).code).toBe(3);
    const line = 'restore --vault-name contoso-prod --name ledger --to-vault-name contoso-dr --yes';
    expect(await cli(line)).toEnd(0, `Passed over: "${name}" is not a block blob`);
  });

  test('and that could be a record but for one thing, counts for nobody: the audit, status, list and a restore name the genuine one', async () => {
    const [genuine = ''] = await container.names('vaults/contoso-prod/signing/');
    const bytes = await thief.backUp('contoso-prod', 'payroll');
    const folder = 'vaults/contoso-prod/signing/';
    const runId = scheduledRunId(fromNow(-30_000));
    const sound = { runid: runId, backedupat: fromNow(0).toISOString(), sha256: sha256Of(bytes) };
    const ofSigning = { ...sound, keyid: 'https://contoso-prod.vault.azure.net/keys/signing' };
    const blobs: Readonly<Record<string, Record<string, string>>> = {
      [`${folder}99981231T235959Z.keybackup`]: ofSigning,
      [`${folder}${scheduledRunId(fromNow(-9000 * 24 * hour))}-0000000b.keybackup`]: ofSigning,
      [`${folder}${runId}.keybackup`]: { ...ofSigning, keyid: 'https://contoso-prod.vault.azure.net/keys/payroll' },
      [`${folder}${runId}.2.keybackup`]: { ...ofSigning, sha256: 'x'.repeat(2000) },
      [`${folder}${runId}.3.keybackup`]: { ...ofSigning, backedupat: fromNow(-2 * hour).toISOString() },
      [`${folder}${runId}.02.keybackup`]: ofSigning,
      [`${folder}${runId}.4.keybackup/x`]: ofSigning,
      [`${folder.replace('signing', 'SIGNING')}${runId}.keybackup`]: ofSigning,
    };
    for (const [name, metadata] of Object.entries(blobs)) await thief.put(name, bytes, metadata);
    const { audit } = await auditNow();
    const about = (name: string) => found(audit).filter((one) => one.startsWith(name));
    expect(about('recordTooEarly signing')).toHaveLength(1);
    expect(about('recordForeign signing')).toEqual(['recordForeign signing', 'recordForeign signing (warning)']);
    expect(about('recordWithoutDigest signing')).toHaveLength(1);
    expect(about('recordsOfUnknownKeys')).toHaveLength(1);
    expect(keyIn(audit, 'signing')?.record?.blobName).toBe(genuine);
    expect((await look('status --name signing --json')).stdout).toContain(`"${genuine}"`);
    const { stdout } = await look('list --vault-name contoso-prod --name signing');
    expect(stdout).toMatch(/99981231T235959Z\.keybackup +was there before its run could begin/);
    const latest = await look('list --latest --vault-name contoso-prod --name signing --json');
    expect(latest.json()).toMatchObject({ records: [{ blobName: genuine }] });
    const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-drill --yes';
    expect((await cli(line)).code).toBe(0);
    expect(azure.vault('contoso-drill').versions('signing')).toHaveLength(1);
  });
});
