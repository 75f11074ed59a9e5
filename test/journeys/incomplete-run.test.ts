import { describe, expect, test } from 'vitest';
import { failureSentence } from '../../src/escrow/model/failure.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { useEscrowApp } from '../support/escrow-scene.ts';
import { answer, forbidden } from '../support/fault-effects.ts';
import { lastNight } from '../support/now.ts';

const runId = scheduledRunId(lastNight());
const denied = ['AccessDenied', 'ForbiddenByRbac', 'ForbiddenByFirewall', 'ForbiddenByConnection'] as const;
const remedies = {
  AccessDenied: /Grant the key permission "backup" in the vault's access policies/,
  ForbiddenByRbac: /Grant Microsoft\.KeyVault\/vaults\/keys\/backup\/action/,
  ForbiddenByFirewall: /through the firewall of forbiddenbyfirewall\.vault\.azure\.net/,
  ForbiddenByConnection: /approved private endpoint/,
} as const;

const vaults = [
  'contoso-good',
  'contoso-vanish',
  'contoso-literal',
  'contoso-empty',
  'contoso-nolist',
  ...denied.map((kind) => kind.toLowerCase()),
];
const { azure, container, app } = await useEscrowApp(
  [
    ...vaults.map((name) => ({ kind: 'vault', name, keys: name === 'contoso-empty' ? [] : ['one', 'two'] }) as const),
    { kind: 'managedHsm', name: 'contoso-hsm', keys: ['payments'] },
    { kind: 'managedHsm', name: 'contoso-far' },
  ],
  [
    ...vaults.map((vaultName) => ({ vaultName, ...(vaultName === 'contoso-literal' && { keys: ['one', 'ghost'] }) })),
    { hsmName: 'contoso-hsm' },
    { hsmName: 'contoso-far' },
  ],
  { speed: 50 },
);
for (const kind of denied) {
  azure.keyVault.faults.add({ source: kind, operation: 'backupKey', keyName: 'two', effect: forbidden(kind) });
}
azure.keyVault.faults.add({ source: 'contoso-nolist', operation: 'listKeys', effect: forbidden('ForbiddenByRbac') });

const gone = answer(404, 'KeyNotFound', 'A key with (name/id) two was not found.');
azure.keyVault.faults.add({ source: 'contoso-vanish', operation: 'backupKey', keyName: 'two', effect: gone });
azure.proxy.setFault('contoso-far.managedhsm.azure.net', { kind: 'refuse' });
const run = await app.nightly(lastNight());
const reports = new Map((await container.reports(runId)).map((report) => [report.source, report]));

/** The one failure of a source, as its report and the invocation's error show it. */
function failureIn(source: string) {
  const report = reports.get(source);
  expect(report?.status).toBe('incomplete');
  const failures = [...(report?.problems ?? []), ...(report?.keys ?? []).filter((key) => key.outcome === 'failed')];
  expect(failures).toHaveLength(1);
  const [failure] = failures;
  if (failure === undefined) throw new Error(`no failure of ${source}`);
  expect(run.error?.message).toContain(failureSentence(failure));
  return { ...failure, message: failureSentence(failure) };
}

describe('a nightly run in which some sources fail', () => {
  test('fails the invocation with one error that carries every failure of every source', () => {
    expect(run.error?.name).toBe('IncompleteRun');
    const failures = [...reports.values()].reduce(
      (sum, { counts, problems }) => sum + counts.failed + problems.length,
      0,
    );
    expect((run.error as AggregateError).errors).toHaveLength(failures);
    expect(run.error?.message).toMatch(
      new RegExp(`^Escrow run ${runId} is incomplete: ${failures} failures in vault `),
    );
  });

  test('escrows the keys of every other source, and the other keys of the failing ones', async () => {
    const keys = (await container.records()).map(({ name }) => name.split('/').slice(1, 3).join('/'));
    expect(new Set(keys)).toEqual(
      new Set([
        ...[
          'contoso-good/one',
          'contoso-good/two',
          'contoso-vanish/one',
          'contoso-literal/one',
          'contoso-hsm/payments',
        ],
        ...denied.map((kind) => `${kind.toLowerCase()}/one`),
      ]),
    );
    expect(reports.get('vaults/contoso-good')).toMatchObject({ status: 'ok', counts: { escrowed: 2, failed: 0 } });
  });

  test.each(denied)('names the key, the service code %s, the request id and the remedy', (kind) => {
    const failure = failureIn(`vaults/${kind.toLowerCase()}`);
    expect(failure).toMatchObject({
      key: 'two',
      code: kind,
      statusCode: 403,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(failure.message).toMatch(
      new RegExp(`^Cannot back up key "two" in vault "${kind.toLowerCase()}": .*${kind}`),
    );
    expect(failure.remedy).toMatch(remedies[kind]);
  });

  test('names the key that vanished between listing and backup', () => {
    expect(failureIn('vaults/contoso-vanish')).toMatchObject({
      key: 'two',
      code: 'KeyNotFound',
      remedy: expect.stringMatching(/recover it/),
    });
  });

  test('names the literally configured key that is not there', () => {
    expect(failureIn('vaults/contoso-literal')).toMatchObject({ key: 'ghost', code: 'configuredKeyNotFound' });
  });

  test('says of a vault that lists nothing that it is empty', () => {
    expect(failureIn('vaults/contoso-empty')).toMatchObject({
      code: 'sourceIsEmpty',
      remedy: expect.stringMatching(/allowEmpty/),
    });
  });

  test('says of a vault that may not be listed which permission is missing', () => {
    const remedy = expect.stringMatching(/Grant Microsoft\.KeyVault\/vaults\/keys\/read/);
    expect(failureIn('vaults/contoso-nolist')).toMatchObject({ code: 'ForbiddenByRbac', remedy });
  });

  test('says of a Managed HSM that cannot be reached what to check', () => {
    const failure = failureIn('managed-hsms/contoso-far');
    expect(failure.message).toMatch(/^Cannot list the keys of Managed HSM "contoso-far"/);
    expect(failure.remedy).toMatch(/contoso-far\.managedhsm\.azure\.net.*can be reached/);
  });

  test('logs each source once as completed, with counts that add up', () => {
    const completed = linesNamed(run.lines, 'escrow.run.completed');
    expect(completed).toHaveLength(reports.size);
    for (const { considered, escrowed, alreadyEscrowed, skipped, failed, status, source } of completed) {
      expect(escrowed + alreadyEscrowed + skipped + failed).toBe(considered);
      expect(status).toBe(reports.get(source)?.status);
    }
  });
});
