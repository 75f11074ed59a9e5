import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { useTestFolder } from '../support/temporary-folder.ts';
import '../support/command-end.ts';

const script = fileURLToPath(new URL('../../infra/scripts/grant-hsm-access.sh', import.meta.url));
const principalId = '44444444-4444-4444-8444-444444444444';
const auditPrincipalId = '77777777-7777-4777-8777-777777777777';
const backupRole = 'Key escrow: back up keys';
const listRole = 'Key escrow: list keys';
const wantedActions = [
  'Microsoft.KeyVault/managedHsm/keys/backup/action',
  'Microsoft.KeyVault/managedHsm/keys/read/action',
];
const exactly = (dataActions: string[]) => ({ actions: [], notActions: [], dataActions, notDataActions: [] });

/** Stands in for the Azure CLI: one HSM whose roles are kept in a file, and a journal of the requested changes. */
const standIn = `#!${process.execPath}
const fs = require('node:fs');
const state = process.env.HSM_STATE;
const hsm = JSON.parse(fs.readFileSync(state, 'utf8'));
const words = process.argv.slice(2);
const option = (name) => words[words.indexOf(name) + 1];
const asked = /roleName=='([^']+)'/.exec(option('--query') ?? '')?.[1];
const definition = hsm.definitions[asked];
const verb = words.slice(0, 4).join(' ');
if (option('--hsm-name') !== 'contoso-hsm') { console.error('no such HSM'); process.exit(3); }
const same = (one) => one.role === asked && one.principalId === option('--assignee-object-id') && one.scope === option('--scope');
if (verb === 'keyvault role definition list') {
  if (definition) console.log(option('--query').includes('.id') ? definition.id ?? 'the-id' : definition.dataActions.join('\\n'));
} else if (verb === 'keyvault role assignment list') {
  console.log(hsm.assignments.filter(same).length);
} else {
  hsm.changes.push(verb);
  const given = verb.startsWith('keyvault role definition') && JSON.parse(option('--role-definition'));
  if (given) hsm.definitions[given.roleName] = given;
  else hsm.assignments.push({ role: option('--role'), scope: option('--scope'), principalId: option('--assignee-object-id') });
}
fs.writeFileSync(state, JSON.stringify(hsm));
`;

describe('the script that gives the app its access to a Managed HSM', () => {
  let folder: string;
  let stateFile: string;
  beforeEach(async () => {
    folder = await useTestFolder();
    stateFile = join(folder, 'hsm.json');
    writeFileSync(join(folder, 'az'), standIn);
    chmodSync(join(folder, 'az'), 0o755);
    setDefinitions({});
  });

  const setDefinitions = (definitions: object): void =>
    writeFileSync(stateFile, JSON.stringify({ changes: [], assignments: [], definitions }));
  const state = () => JSON.parse(readFileSync(stateFile, 'utf8'));
  const run = (...given: string[]) =>
    spawnSync('bash', [script, ...given], {
      encoding: 'utf8',
      env: { PATH: [folder, process.env.PATH].join(delimiter), HSM_STATE: stateFile },
    });
  const grant = (...more: string[]) => run('--hsm-name', 'contoso-hsm', '--principal-id', principalId, ...more);

  it('makes a role of exactly two actions and assigns it on /keys, with a description', () => {
    const { status, stdout, stderr } = grant();
    expect([status, stderr]).toEqual([0, '']);
    expect(state().definitions[backupRole]).toMatchObject(exactly(wantedActions));
    expect(state().assignments).toEqual([{ role: backupRole, scope: '/keys', principalId }]);
    expect(stdout).toContain('+ az keyvault role definition create');
    expect(stdout).toContain('+ az keyvault role assignment create');
  });

  it('lets the identity that audits list keys, and no more', () => {
    expect(grant('--audit-principal-id', auditPrincipalId)).toPrint(0, `identity ${auditPrincipalId} may list keys`);
    expect(state().definitions[listRole]).toMatchObject(exactly(['Microsoft.KeyVault/managedHsm/keys/read/action']));
    expect(state().assignments).toEqual([
      { role: backupRole, scope: '/keys', principalId },
      { role: listRole, scope: '/keys', principalId: auditPrincipalId },
    ]);
  });

  it('changes nothing when run again', () => {
    grant();
    const first = state();
    expect(grant()).toPrint(0, 'there already');
    expect(state()).toEqual(first);
  });

  it('puts a role back that was given more', () => {
    const dataActions = [...wantedActions, 'Microsoft.KeyVault/managedHsm/keys/delete'];
    setDefinitions({ [backupRole]: { id: 'the-id', dataActions } });
    expect(grant()).toPrint(0, 'has other actions');
    expect(state().definitions[backupRole]).toMatchObject({ id: 'the-id', dataActions: wantedActions });
    expect(state().changes[0]).toBe('keyvault role definition update');
  });

  it('changes nothing in a dry run, and says what it would do', () => {
    expect(grant('--dry-run')).toPrint(0, '+ az keyvault role definition create', 'Dry run: nothing was changed.');
    expect(state().changes).toEqual([]);
  });

  it('fails when the HSM cannot be asked, before it changes anything', () => {
    const { status, stderr } = run('--hsm-name', 'another-hsm', '--principal-id', principalId);
    expect(status).not.toBe(0);
    expect(stderr).toContain('no such HSM');
    expect(state().changes).toEqual([]);
  });

  it.each([
    [[], /Give --hsm-name/],
    [['--hsm-name', 'contoso-hsm', '--principal-id', 'somebody'], /Give --principal-id/],
    [
      ['--hsm-name', 'h', '--principal-id', principalId, '--audit-principal-id', 'x'],
      /--audit-principal-id is an object/,
    ],
    [['--hsm'], /Unknown argument: --hsm/],
    [['--hsm-name'], /needs a value/],
  ])('refuses %j with exit code 2 and the usage', (given, reason) => {
    expect(run(...given)).toEnd(2, reason, 'Usage:');
  });
});
