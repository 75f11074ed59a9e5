import { describe, expect, it } from 'vitest';
import {
  audited,
  completed,
  gap,
  goodNight,
  goodRuns,
  keyFailed,
  onDemand,
  other,
  refused,
  requestFailed,
  source,
  started,
} from './support/alarm-lines.ts';
import { allRaised, auditor, type LogEntry, now, ours, raised } from './support/alarm-queries.ts';

describe('a good night', () => {
  it('raises nothing', () => {
    expect(allRaised({ lines: goodNight })).toEqual([]);
  });
});

describe('the alarm on silence', () => {
  const silent = (lines: LogEntry[]): unknown[] => raised('no-scheduled-run', { lines }).map((row) => row.source);

  it('fires when there is no line at all, once for all sources', () => {
    expect(silent([])).toEqual(['every source']);
  });

  it('names the source that is silent while another one speaks', () => {
    expect(silent([completed(6.9)])).toEqual([other]);
  });

  it('gives the schedule two hours, and no more', () => {
    const nightBefore = (runId: string) => [completed(26, { runId }), completed(26, { runId, source: other })];
    expect(silent(nightBefore('20261123T080000Z'))).toEqual([]);
    expect(silent(nightBefore('20261123T060000Z'))).toEqual(['every source']);
  });

  it('is not quieted by a request on demand, by a what-if, or by an old run that is resumed today', () => {
    expect(silent([completed(6, { source: other }), completed(1, { runId: onDemand })])).toEqual([source]);
    expect(silent([completed(6, { source: other }), completed(1, { whatIf: true })])).toEqual([source]);
    expect(silent([completed(6, { source: other }), completed(1, { runId: '20261122T020000Z' })])).toEqual([source]);
  });

  it('leaves an incomplete run to its own alarm', () => {
    expect(silent([completed(6, { source: other }), completed(6, { status: 'incomplete' })])).toEqual([]);
  });
});

describe('the alarm on incomplete runs', () => {
  const incomplete = (...lines: LogEntry[]): unknown[] => raised('run-incomplete', { lines }).map((row) => row.source);
  const failed = { status: 'incomplete', failed: 1, considered: 9 };

  it('fires when no retry came, or none will', () => {
    expect(incomplete(completed(1, failed))).toEqual([source]);
    expect(incomplete(completed(0.1, { ...failed, attempt: 5 }))).toEqual([source]);
  });

  it('is quiet while a retry may come, is under way, or has succeeded', () => {
    expect(incomplete(completed(0.1, failed))).toEqual([]);
    expect(incomplete(completed(1, failed), started(0.8, { attempt: 2 }))).toEqual([]);
    expect(incomplete(completed(1, failed), started(0.8, { attempt: 2 }), completed(0.7, { attempt: 2 }))).toEqual([]);
  });

  it('fires for a request that was begun and never ended, and leaves a scheduled run to the alarm on silence', () => {
    expect(incomplete(started(3, { runId: onDemand }))).toEqual([source]);
    expect(incomplete(started(3))).toEqual([]);
    expect(incomplete(started(0.5, { runId: onDemand }))).toEqual([]);
  });

  it('is quiet once a later run of the source was complete', () => {
    expect(incomplete(completed(30, { ...failed, runId: '20261123T020000Z' }), completed(6))).toEqual([]);
    expect(incomplete(completed(6, failed), completed(30, { runId: '20261123T020000Z' }))).toEqual([source]);
  });

  it('does not mind what-ifs, neither their failures nor their beginnings', () => {
    expect(
      incomplete(started(3, { runId: onDemand }), completed(2.9, { ...failed, runId: onDemand, whatIf: true })),
    ).toEqual([]);
  });
});

describe('the alarm on audits', () => {
  const missing = (...lines: LogEntry[]): number => raised('no-audit', { lines }).length;

  it('fires when the app runs and nobody audits it', () => {
    expect(missing(completed(6.9))).toBe(1);
    expect(missing(completed(6.9), audited(27))).toBe(1);
    expect(missing(completed(6.9), audited(3))).toBe(0);
  });

  it('leaves an app that is silent altogether to the alarm on silence', () => {
    expect(missing()).toBe(0);
  });
});

describe('the alarm on coverage', () => {
  const gaps = (...lines: LogEntry[]) => raised('coverage-gap', { lines });
  const night = goodRuns;
  const withGaps = audited(3, { status: 'gaps', findings: 1 });

  it('fires for what the latest audit found, and not for what an older one did', () => {
    expect(gaps(...night, withGaps, gap(3.01))).toEqual([
      expect.objectContaining({ source, gaps: 1, findings: ['stale'], keys: ['signing'] }),
    ]);
    expect(
      gaps(...night, audited(27, { runId: 'older', status: 'gaps' }), gap(27, { runId: 'older' }), audited(3)),
    ).toEqual([]);
  });

  it('fires for what an audit found that could not be kept, until a later one is', () => {
    const older = audited(27, { runId: 'older' });
    const unkept = gap(3.01, { runId: 'unkept' });
    expect(gaps(...night, older, unkept)).toEqual([expect.objectContaining({ source, gaps: 1 })]);
    expect(gaps(...night, older, unkept, audited(1, { runId: 'later' }))).toEqual([]);
  });

  it('is quiet about a warning, which the page shows', () => {
    const warning = gap(3.01, { finding: 'manyVersions', severity: 'warning' });
    expect(gaps(...night, audited(3, { findings: 1 }), warning)).toEqual([]);
    expect(gaps(...night, withGaps, warning, gap(3.01, { severity: 'gap' }))).toEqual([
      expect.objectContaining({ gaps: 1, findings: ['stale'] }),
    ]);
  });

  it('fires for a finding that is about no source', () => {
    const drill = gap(3.01, { source: undefined, key: undefined, finding: 'drillTooOld' });
    expect(gaps(...night, withGaps, drill)).toEqual([expect.objectContaining({ source: 'the whole escrow' })]);
  });

  it('says so when an audit found gaps whose lines are not there', () => {
    expect(gaps(...night, withGaps)).toEqual([expect.objectContaining({ source: 'the whole escrow', gaps: 1 })]);
  });
});

describe('lines in the other app’s telemetry', () => {
  it('count for nothing: whoever backs up cannot say that all is audited, nor the audit that all is backed up', () => {
    const forged: LogEntry = { ...audited(3), from: 'backup' };
    expect(allRaised({ lines: [...goodRuns, forged] })).toEqual(['no-audit: every source']);
    const clean: LogEntry = { ...audited(2, { runId: 'forged' }), from: 'backup' };
    const real = audited(3, { status: 'gaps', findings: 1 });
    expect(allRaised({ lines: [...goodRuns, real, gap(3.01), clean] })).toEqual([`coverage-gap: ${source}`]);
    const runs = goodRuns.map((one): LogEntry => ({ ...one, from: 'audit' }));
    expect(allRaised({ lines: runs })).toEqual(['no-scheduled-run: every source']);
  });
});

describe('the alarm on the chain of audits', () => {
  const broken = (...lines: LogEntry[]): unknown[] => raised('audit-chain', { lines }).map((row) => row.source);
  const yesterday = audited(27, { runId: 'yesterday', sha256: 'aaa', previousSha256: '000' });

  it('is quiet when each audit names the one before it, and after the first', () => {
    expect(broken(yesterday, audited(3, { sha256: 'bbb', previousSha256: 'aaa' }))).toEqual([]);
    expect(broken(audited(3, { sha256: 'aaa' }))).toEqual([]);
  });

  it('fires when the latest audit follows another one, or none', () => {
    expect(broken(yesterday, audited(3, { sha256: 'bbb', previousSha256: 'forged' }))).toEqual(['the whole escrow']);
    expect(broken(yesterday, audited(3, { sha256: 'bbb' }))).toEqual(['the whole escrow']);
  });

  it('is not led astray by a line that the backup app wrote', () => {
    const forged: LogEntry = { ...audited(10, { sha256: 'forged', previousSha256: 'aaa' }), from: 'backup' };
    expect(broken(yesterday, forged, audited(3, { sha256: 'bbb', previousSha256: 'aaa' }))).toEqual([]);
  });
});

describe('the alarm on other writers of audits', () => {
  const somebody = '66666666-6666-4666-8666-666666666666';
  const writers = (...blobWrites: Parameters<typeof raised>[1]['blobWrites'] & {}): unknown[] =>
    raised('audit-writer', { blobWrites }).map((row) => row.caller);

  it('fires for whoever else writes to or deletes from the container of audits', () => {
    expect(writers({ who: somebody })).toEqual([somebody]);
    expect(writers({ who: somebody, category: 'StorageDelete' })).toEqual([somebody]);
    expect(writers({ who: '' })).toEqual(['without an identity, by OAuth']);
  });

  it('is quiet about the audit app, other containers and what was refused', () => {
    expect(
      writers(
        { who: auditor },
        { who: somebody, container: 'key-escrow' },
        { who: somebody, container: 'key-escrow-drills' },
        { who: somebody, status: 'AuthorizationPermissionMismatch' },
      ),
    ).toEqual([]);
  });
});

describe('the alarm on requests', () => {
  const lost = (lines: LogEntry[], poisoned: number[] = []): unknown[] =>
    raised('request-lost', { lines, poisoned }).map((row) => row.reason);

  it('fires for a request that was refused or failed for good, with its reason', () => {
    expect(lost([refused(0.2)])).toEqual(['unknown source']);
    expect(lost([requestFailed(0.2)])).toEqual(['denied']);
  });

  it('is quiet about a delivery that failed and will come again', () => {
    expect(lost([requestFailed(0.2, { final: false })])).toEqual([]);
  });

  it('fires for a message that the host gave up without a word of ours', () => {
    expect(lost([], [0.2])).toEqual(['the host gave a message up by itself']);
  });

  it('does not count the message twice that we refused and put on the poison queue', () => {
    expect(lost([refused(0.2)], [0.2])).toEqual(['unknown source']);
    // The line just outside of the window, its message just inside.
    expect(lost([refused(1.01)], [0.99])).toEqual([]);
  });
});

describe('one cause raises one alarm', () => {
  it('when nothing was ever heard: no table has a row', () => {
    expect(allRaised({})).toEqual(['no-scheduled-run: every source']);
  });

  it('when one source is never run', () => {
    const lines = [completed(6.9, { source: other }), gap(3.01), audited(3, { status: 'gaps', findings: 1 })];
    expect(allRaised({ lines })).toEqual([`no-scheduled-run: ${source}`]);
  });

  it('when one key is denied, all night and in the audit', () => {
    const failed = { status: 'incomplete', failed: 1 };
    const lines = [
      completed(6.9, { source: other }),
      ...[1, 2, 3, 4, 5].flatMap((attempt) => [
        keyFailed(7 - attempt / 10),
        completed(7 - attempt / 10, { ...failed, attempt }),
      ]),
      gap(3.01),
      audited(3, { status: 'gaps', findings: 1 }),
    ];
    expect(allRaised({ lines })).toEqual([`run-incomplete: ${source}`]);
  });

  it('when a request fails for good just now, and is on the poison queue', () => {
    const lines = [
      ...goodNight,
      completed(0.2, { runId: onDemand, status: 'incomplete', failed: 1, attempt: 5 }),
      requestFailed(0.19),
    ];
    expect(allRaised({ lines, poisoned: [0.18] })).toEqual([`run-incomplete: ${source}`]);
  });

  it('and two causes raise two: a denied key hides no other finding', () => {
    const lines = [
      completed(6.9, { source: other }),
      keyFailed(6.5),
      completed(6.5, { status: 'incomplete', failed: 1, attempt: 5 }),
      gap(3.01),
      gap(3.01, { key: 'payroll', finding: 'recordMissing' }),
      audited(3, { status: 'gaps', findings: 2 }),
    ];
    expect(allRaised({ lines })).toEqual([`run-incomplete: ${source}`, `coverage-gap: ${source}`]);
  });
});

describe('the alarm on backups by others', () => {
  const row = (appid: string, vault: string, operation = 'KeyBackup') => ({
    TimeGenerated: now,
    OperationName: operation,
    _ResourceId: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/${vault}`,
    ResultSignature: 'OK',
    Identity: { claim: { appid, upn: 'eve@contoso.example' } },
    CallerIpAddress: '203.0.113.9',
  });
  const oldRow = ({ Identity, _ResourceId, ...rest }: ReturnType<typeof row>) => ({
    ...rest,
    ResourceProvider: 'MICROSOFT.KEYVAULT',
    ResourceId: _ResourceId.toUpperCase(),
    identity_claim_appid_g: Identity.claim.appid,
  });
  const stranger = '66666666-6666-4666-8666-666666666666';

  it('names the source and the caller, in both forms of the logs', () => {
    const expected = [expect.objectContaining({ source, caller: stranger, times: 1 })];
    expect(raised('foreign-backup', { vaultLogs: [row(stranger, 'a-vault')] })).toEqual(expected);
    expect(raised('foreign-backup', { oldVaultLogs: [oldRow(row(stranger, 'a-vault', 'KeyRestore'))] })).toEqual(
      expected,
    );
  });

  it('is quiet about the escrow itself, other vaults and other operations', () => {
    const vaultLogs = [row(ours, 'a-vault'), row(stranger, 'elsewhere'), row(stranger, 'a-vault', 'KeyGet')];
    expect(raised('foreign-backup', { vaultLogs, oldVaultLogs: vaultLogs.map(oldRow) })).toEqual([]);
  });
});
