import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRunTime, requestRunId, scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { keyNamePattern, type SourceId, sourceNamePattern } from '../../../src/escrow/model/source.ts';
import {
  faultOfBlobName,
  namedRecordName,
  ownRecordPrefix,
  parseDrillBlobName,
  parseRecordName,
  parseRunBlobName,
  recordName,
  recordPrefix,
  reportName,
  requestRecordName,
  startedMarkerName,
} from '../../../src/escrow/records/blob-names.ts';

const vault: SourceId = { kind: 'vault', name: 'contoso-prod' };
const hsm: SourceId = { kind: 'managedHsm', name: 'contoso-hsm' };
const night = '20261124T020000Z';

const sources: fc.Arbitrary<SourceId> = fc.record({
  kind: fc.constantFrom('vault' as const, 'managedHsm' as const),
  name: fc.stringMatching(/^[a-z](-?[a-z0-9]){2,11}$/),
});
const keyNames = fc.stringMatching(/^[0-9a-zA-Z-]{1,127}$/);
const runIds = fc
  .tuple(
    fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
    fc.option(fc.uuid()),
  )
  .map(([time, messageId]) => (messageId === null ? scheduledRunId(time) : requestRunId(time, messageId)));

const numbers = fc.integer({ min: 1, max: 999_999_999 });

describe('the names', () => {
  test('are those of the contract', () => {
    expect(recordName(vault, 'Signing', night)).toBe('vaults/contoso-prod/signing/20261124T020000Z.keybackup');
    expect(recordName(hsm, 'payments', night)).toBe('managed-hsms/contoso-hsm/payments/20261124T020000Z.keybackup');
    expect(recordPrefix(vault)).toBe('vaults/contoso-prod/');
    expect(recordPrefix(vault, 'Signing')).toBe('vaults/contoso-prod/signing/');
    expect(reportName(night, vault)).toBe('runs/20261124T020000Z/vaults/contoso-prod.json');
    expect(reportName(night, hsm, 2)).toBe('runs/20261124T020000Z/managed-hsms/contoso-hsm.2.json');
    expect(startedMarkerName(night, vault)).toBe('runs/20261124T020000Z/vaults/contoso-prod.started');
    expect(recordName(vault, 'Signing', night, 2)).toBe('vaults/contoso-prod/signing/20261124T020000Z.2.keybackup');
    expect(namedRecordName('before/signing.keybackup')).toBe('named/before/signing.keybackup');
    const insertedAt = new Date('2026-11-24T23:59:59Z');
    expect(requestRecordName(insertedAt, '3f2a9c1e-0000-4000-8000-000000000000')).toBe(
      'requests/2026-11-24/3f2a9c1e-0000-4000-8000-000000000000.json',
    );
  });

  test('of a record give source, key, run and number back', () => {
    fc.assert(
      fc.property(sources, keyNames, runIds, numbers, (source, keyName, runId, number) => {
        const name = recordName(source, keyName, runId, number);
        expect(parseRecordName(name)).toEqual({
          source,
          keyName: keyName.toLowerCase(),
          runId,
          runTime: parseRunTime(runId),
          number,
        });
        expect(name.startsWith(recordPrefix(source, keyName))).toBe(true);
        expect(name.startsWith(ownRecordPrefix(source, keyName, runId))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test('of reports and markers give run and source back, however many reports there are', () => {
    fc.assert(
      fc.property(sources, runIds, fc.integer({ min: 1, max: 99 }), (source, runId, attempt) => {
        expect(parseRunBlobName(reportName(runId, source, attempt))).toEqual({ runId, source, what: 'report' });
        expect(parseRunBlobName(startedMarkerName(runId, source))).toEqual({ runId, source, what: 'started' });
        expect(parseRecordName(reportName(runId, source, attempt))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a blob that this product did not name', () => {
  test.each([
    'vaults/contoso-prod/signing/20261124T020000Z.keybackup.tmp',
    'vaults/contoso-prod/Signing/20261124T020000Z.keybackup',
    'vaults/contoso-prod/signing/20261124T020000Z.1.keybackup',
    'vaults/contoso-prod/signing/20261124T020000Z.0.keybackup',
    'vaults/contoso-prod/signing/20261124T020000Z.02.keybackup',
    'vaults/contoso-prod/signing/20261124T020000Z.2.2.keybackup',
    'vaults/contoso-prod/signing/20261124T020000Z.-2.keybackup',
    'vaults/contoso-prod/signing/20261124T020000Z.1000000000.keybackup',
    'vaults/contoso-prod/signing/20261124T020000Z..keybackup',
    'named/signing.keybackup',
    'vaults/contoso-prod/sign_ing/20261124T020000Z.keybackup',
    'vaults/contoso-prod/signing/20261199T020000Z.keybackup',
    'vaults/contoso-prod/signing/deeper/20261124T020000Z.keybackup',
    'vaults/-x/signing/20261124T020000Z.keybackup',
    'secrets/contoso-prod/signing/20261124T020000Z.keybackup',
    'before-the-migration.keybackup',
    '',
  ])('"%s" is no record', (name) => {
    expect(parseRecordName(name)).toBeUndefined();
  });

  test.each([
    'runs/20261124T020000Z/vaults/contoso-prod.0.json',
    'runs/20261124T020000Z/vaults/contoso-prod.1.2.json',
    'runs/20261124T020000Z/vaults/contoso-prod.txt',
    'runs/20261124T020000Z/contoso-prod.json',
    'runs/yesterday/vaults/contoso-prod.json',
    'runs/20261124T020000Z/vaults/a.b.started',
  ])('"%s" is no report and no marker', (name) => {
    expect(parseRunBlobName(name)).toBeUndefined();
  });

  test.each([
    'drills/20261124T020000Z.2.journal.json',
    'drills/20261124T020000Z.journal.2.json',
    'drills/.journal.json',
    'drills/20261199T020000Z.journal.json',
    'drills/20261124T020000Z.02.json',
    'drills/deeper/20261124T020000Z.json',
    'audits/20261124T020000Z.json',
  ])('"%s" is no journal and no receipt of a drill', (name) => {
    expect(parseDrillBlobName(name)).toBeUndefined();
  });

  test('parsing never throws and never invents: what parses builds the same name', () => {
    const parts = fc.constantFrom(
      'vaults',
      'managed-hsms',
      'runs',
      'contoso-prod',
      'Signing',
      'signing',
      night,
      '.keybackup',
      '.2',
      '.02',
      '.json',
      '/',
      '.',
      '..',
      '\n',
    );
    const name = fc.oneof(
      fc.array(parts, { maxLength: 9 }).map((all) => all.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(name, (text) => {
        const record = parseRecordName(text);
        if (record !== undefined) {
          const { source, keyName, runId, number } = record;
          expect(recordName(source, keyName, runId, number)).toBe(text);
        }
        expect(() => parseRunBlobName(text)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a chosen blobName', () => {
  test('may be any ordinary name that leaves room for its folder', () => {
    for (const name of [
      'signing.keybackup',
      'before the move/signing',
      'schlüssel/签名',
      'a/%2e%2e/b',
      'vaults/contoso-prod/signing/20261124T020000Z.keybackup',
      'x'.repeat(1018),
    ]) {
      expect(faultOfBlobName(name)).toBeUndefined();
    }
  });

  test.each([
    ['', /1 to 1018/],
    ['a/../b', /".."/],
    ['../vaults/x', /".."/],
    ['./x', /"\."/],
    ['a//b', /empty/],
    ['/a', /empty/],
    ['a/', /empty/],
    ['a./b', /end in a dot/],
    ['a ', /end in a dot or a space/],
    ['a\\..\\b', /backslash/],
    ['a\u0000b', /control/],
    ['a\nb', /control/],
    ['a\u0085b', /control/],
    ['a\ufffe', /control/],
    ['a\ud800', /broken code points/],
  ])('may not be %j', (name, reason) => {
    expect(faultOfBlobName(name)).toMatch(reason);
  });

  test('may not be longer than its folder leaves of the 1024 characters of a blob name', () => {
    expect(faultOfBlobName('x'.repeat(1019))).toMatch(/1 to 1018/);
  });
});

describe('names of services', () => {
  test.each(['con', 'contoso-prod', 'Contoso-Prod', 'a23456789012345678901234'])('"%s" can be a source', (name) => {
    expect(name).toMatch(sourceNamePattern);
  });

  test.each([
    'co',
    '1contoso',
    'contoso-',
    'con--toso',
    'a2345678901234567890123456',
    'contoso.prod',
    'contoso/prod',
    'user@contoso',
    'cöntoso',
    'contoso\n',
    'contoso prod',
  ])('%j can not', (name) => {
    expect(name).not.toMatch(sourceNamePattern);
  });

  test('a key name has 1 to 127 letters, digits and dashes', () => {
    for (const name of ['a', '-', '1', 'x'.repeat(127)]) expect(name).toMatch(keyNamePattern);
    for (const name of ['', 'x'.repeat(128), 'a.b', 'a_b', 'a/b', 'ä', 'a\n']) expect(name).not.toMatch(keyNamePattern);
  });
});

test('a message id becomes one safe name under requests/, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (messageId) => {
      expect(requestRecordName(new Date(0), messageId)).toMatch(/^requests\/1970-01-01\/[0-9a-zA-Z_-]{0,128}\.json$/);
    }),
  );
});
