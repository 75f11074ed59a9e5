import { describe, expect, test } from 'vitest';
import { readOutcomes, type SourceHistory } from '../../../src/escrow/audit/recent-outcomes.ts';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { EscrowStore, StoredBlob } from '../../../src/escrow/ports/escrow-store.ts';
import { recordName, reportName, startedMarkerName } from '../../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../../src/escrow/records/put-once.ts';
import type { ReadReport, RunReport } from '../../../src/escrow/records/run-report.ts';
import { listRuns } from '../../../src/escrow/records/stored-run.ts';
import { night, startEscrow } from '../../support/audit-nights.ts';
import type { AuditWorld } from '../../support/audit-world.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { failedKey, runReport } from '../../support/run-report.ts';

type Said = 'escrowed' | 'alreadyEscrowed' | 'failed' | 'skipped';

/** A report of a night's run, so many hours after it was due. @returns its name. */
function report(
  escrow: AuditWorld,
  index: number,
  keys: Readonly<Record<string, Said>>,
  hours = 1,
  attempt = 1,
): string {
  const runId = scheduledRunId(night(index));
  const { source } = escrow;
  const reported = Object.entries(keys).map(([key, outcome]): RunReport['keys'][number] => {
    if (outcome === 'failed') return failedKey(key, `it failed in night ${index}`);
    if (outcome === 'skipped') return { key, outcome, reason: 'retired', message: 'retired' };
    return { key, outcome, blobName: recordName(source, key, runId), sha256: `of ${key} ${index}`, bytes: 100 + index };
  });
  const content = runReport(source, {
    runId,
    attempt,
    startedAt: night(index).toISOString(),
    finishedAt: night(index, hours / 2).toISOString(),
    throttled: 7,
    keys: reported,
  });
  const name = reportName(runId, source, attempt);
  escrow.forge(startedMarkerName(runId, source), '{}', night(index));
  escrow.forge(name, JSON.stringify(content), night(index, hours));
  return name;
}

interface Reading {
  readonly isWanted?: (blob: StoredBlob) => boolean;
  readonly seen?: (report: ReadReport) => void;
  readonly container?: EscrowStore;
}

async function historyOf(escrow: AuditWorld, { isWanted = () => true, seen, container }: Reading = {}) {
  const from = night(-5);
  const runs = await listRuns(escrow.container, from, night(20), noLimit);
  const histories = await readOutcomes(container ?? escrow.container, runs, isWanted, noLimit, seen);
  return { histories, history: histories.get('vaults/contoso-prod') as SourceHistory };
}

const dayOf = (index: number): string => night(index).toISOString().slice(0, 10);

describe('what the reports of a period say of a key', () => {
  test('is the record of the newest report that names one, and by whom it was said', async () => {
    const escrow = startEscrow();
    report(escrow, 0, { signing: 'escrowed' });
    const newest = report(escrow, 1, { signing: 'alreadyEscrowed' });
    report(escrow, 2, { signing: 'failed' });
    report(escrow, 3, { signing: 'skipped' });
    const { history } = await historyOf(escrow);
    expect(history.keys.get('signing')?.claim).toEqual({
      blobName: recordName(escrow.source, 'signing', scheduledRunId(night(1))),
      bytes: 101,
      sha256: 'of signing 1',
      saidBy: newest,
      saidAt: night(1, 1),
    });
  });

  test('is the failure of the newest report, until a newer one says something else', async () => {
    const escrow = startEscrow();
    report(escrow, 0, { signing: 'failed', payroll: 'failed', orders: 'failed' });
    report(escrow, 1, { signing: 'failed', payroll: 'escrowed', orders: 'skipped' });
    const { history } = await historyOf(escrow);
    const failures = ['signing', 'payroll', 'orders'].map((name) => history.keys.get(name)?.lastFailure);
    expect(failures).toEqual([
      { message: 'Cannot back up key "signing": it failed in night 1. Do y.', saidAt: night(1, 1) },
      undefined,
      undefined,
    ]);
  });

  test('is one outcome a day, of the day on which the run began', async () => {
    const escrow = startEscrow();
    report(escrow, 0, { signing: 'failed', payroll: 'alreadyEscrowed', orders: 'skipped' }, 23);
    report(escrow, 1, { signing: 'escrowed' });
    report(escrow, 2, { signing: 'failed' });
    report(escrow, 2, { signing: 'escrowed' }, 3, 2);
    const { history } = await historyOf(escrow);
    const days = (name: string) =>
      [...(history.keys.get(name)?.days ?? [])]
        .map(([day, { mark }]) => [day, mark] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(days('signing')).toEqual([
      [dayOf(0), 'f'],
      [dayOf(1), 'e'],
      [dayOf(2), 'e'],
    ]);
    expect([days('payroll'), days('orders')]).toEqual([[[dayOf(0), 'e']], [[dayOf(0), 'k']]]);
  });

  test('is kept under one name, whatever the casing, and only where it can be a key', async () => {
    const escrow = startEscrow();
    report(escrow, 0, { Signing: 'escrowed' });
    report(escrow, 1, {
      SIGNING: 'failed',
      '../payroll': 'failed',
      '': 'failed',
      'a b': 'skipped',
      __proto__x: 'failed',
    });
    const { history } = await historyOf(escrow);
    expect([...history.keys.keys()]).toEqual(['signing']);
    expect(Array.from(history.keys.get('signing')?.days.values() ?? [], ({ mark }) => mark)).toEqual(
      expect.arrayContaining(['e', 'f']),
    );
  });

  test('does not depend on which answer comes first', async () => {
    const escrow = startEscrow();
    const oldest = report(escrow, 0, { signing: 'escrowed', payroll: 'failed' });
    report(escrow, 1, { signing: 'escrowed', payroll: 'escrowed' });
    report(escrow, 2, { signing: 'failed', payroll: 'failed' });
    const inTurn = (await historyOf(escrow)).history;
    const isReadBy = (slow: string): EscrowStore => ({
      ...escrow.container,
      async read(name, ...more) {
        // Long after the others: each of them takes a handful of turns.
        for (let turn = 0; name === slow && turn < 500; turn++) await Promise.resolve();
        return escrow.container.read(name, ...more);
      },
    });
    const order: string[] = [];
    const { history } = await historyOf(escrow, {
      container: isReadBy(oldest),
      seen: ({ blob }) => order.push(blob.name),
    });
    expect(order.at(-1)).toBe(oldest);
    expect(history.keys).toEqual(inTurn.keys);
    expect(history.keys.get('signing')?.lastFailure?.message).toBe(
      'Cannot back up key "signing": it failed in night 2. Do y.',
    );
    expect(history.keys.get('payroll')?.claim?.sha256).toBe('of payroll 1');
  });
});

test('of two reports of one second that of the resumed run speaks last, whichever is read last', async () => {
  const escrow = startEscrow();
  const reports = [
    report(escrow, 0, { signing: 'failed', payroll: 'escrowed' }),
    report(escrow, 0, { signing: 'escrowed', payroll: 'failed' }, 1, 2),
  ];
  for (const slow of reports) {
    const container: EscrowStore = {
      ...escrow.container,
      async read(name, ...more) {
        for (let turn = 0; name === slow && turn < 500; turn++) await Promise.resolve();
        return escrow.container.read(name, ...more);
      },
    };
    const { history } = await historyOf(escrow, { container });
    const [signing, payroll] = ['signing', 'payroll'].map((name) => history.keys.get(name));
    expect([signing?.lastFailure, signing?.claim?.saidBy]).toEqual([undefined, reports[1]]);
    expect([payroll?.lastFailure?.message, payroll?.claim?.saidBy]).toEqual([
      'Cannot back up key "payroll": it failed in night 0. Do y.',
      reports[0],
    ]);
  }
});

describe('the reports of a source', () => {
  test('are kept without their keys, the runs in order of their beginning', async () => {
    const escrow = startEscrow();
    const names = [1, 0].map((index) => report(escrow, index, { signing: 'escrowed' })).reverse();
    const { history } = await historyOf(escrow);
    expect(history.runs.map(({ runId }) => runId)).toEqual([0, 1].map((index) => scheduledRunId(night(index))));
    expect([...history.reports.keys()].sort()).toEqual(names);
    const summary = history.reports.get(names[1] ?? '');
    expect(summary).toMatchObject({ name: names[1], createdAt: night(1, 1), status: 'ok', throttled: 7 });
    expect(summary).not.toHaveProperty('keys');
  });

  test('are read where they are wanted only; the run is known all the same', async () => {
    const escrow = startEscrow();
    report(escrow, 0, { signing: 'escrowed' });
    const wanted = report(escrow, 1, { payroll: 'escrowed' });
    escrow.requests = 0;
    const { history } = await historyOf(escrow, { isWanted: ({ name }) => name === wanted });
    expect([...history.keys.keys()]).toEqual(['payroll']);
    expect([...history.reports.keys()]).toEqual([wanted]);
    expect(history.runs).toHaveLength(2);
  });

  test('that are none are named, say nothing of any key, and their digest is told like the others’', async () => {
    const escrow = startEscrow();
    const good = report(escrow, 0, { signing: 'escrowed' });
    const bad = reportName(scheduledRunId(night(1)), escrow.source);
    escrow.forge(bad, '{"keys":[{"key":"signing","outcome":"failed"}]}', night(1));
    const digests = new Map<string, string>();
    const { history } = await historyOf(escrow, { seen: ({ blob, sha256 }) => digests.set(blob.name, sha256) });
    expect(history.unreadable).toEqual([bad]);
    expect([...history.reports.keys()]).toEqual([good]);
    expect(history.keys.get('signing')).not.toHaveProperty('lastFailure');
    const digestOf = (name: string) => sha256Of(escrow.blobs.get(name)?.bytes ?? new Uint8Array());
    expect(digests).toEqual(new Map([good, bad].map((name) => [name, digestOf(name)])));
  });

  test('are told apart from those of others', async () => {
    const escrow = startEscrow();
    const other = startEscrow();
    Object.assign(other.source, { name: 'contoso-web' });
    report(escrow, 0, { signing: 'escrowed' });
    const name = report(other, 0, { payroll: 'failed' });
    escrow.forge(name, Buffer.from(other.blobs.get(name)?.bytes ?? []).toString('utf8'), night(0, 1));
    const { histories } = await historyOf(escrow);
    expect([...histories.keys()].sort()).toEqual(['vaults/contoso-prod', 'vaults/contoso-web']);
    expect([...(histories.get('vaults/contoso-web')?.keys.keys() ?? [])]).toEqual(['payroll']);
  });
});
