import { describe, expect, test } from 'vitest';
import {
  auditorDataActions,
  drillOperatorDataActions,
  requesterDataActions,
  restoreOperatorDataActions,
} from '../../local-azure/identity/deployed-roles.ts';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import { useEscrow } from '../support/escrow-scene.ts';

const { azure, cli, night, audit } = await useEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', keys: [{ name: 'signing', versions: 2 }] },
    { kind: 'vault', name: 'contoso-drill' },
    { kind: 'vault', name: 'contoso-dr' },
    { kind: 'managedHsm', name: 'contoso-hsm', securityDomain: 'one', keys: ['payments'] },
    { kind: 'managedHsm', name: 'drill-hsm', securityDomain: 'one' },
  ],
  [{ vaultName: 'contoso-prod' }, { hsmName: 'contoso-hsm', securityDomain: 'one' }],
);
await night();
await audit();

const as = (identity: LocalIdentity, line: string) => cli(line, { identity });

describe('the roles of people', () => {
  test('an auditor looks, and can do nothing else', async () => {
    const auditor = azure.registry.add('auditor', auditorDataActions);
    for (const line of ['plan', 'list', 'status', 'verify --all', 'verify --chain', 'report --now --json']) {
      const { code, stderr } = await as(auditor, line);
      expect([line, code, stderr]).toEqual([line, 0, expect.not.stringContaining('Error')]);
    }
    const restore = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --yes';
    expect(await as(auditor, restore)).toEnd(1, 'keys/restore/action');
    expect(await as(auditor, 'enqueue --all')).toEnd(1, 'Message Sender');
  });

  test('a restore operator restores and recovers, and cannot delete', async () => {
    const operator = azure.registry.add('restore-operator', restoreOperatorDataActions);
    const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --yes';
    expect((await as(operator, line)).code).toBe(0);
    azure.hsm('contoso-hsm').deleteKey('payments');
    const recover = 'restore --hsm-name contoso-hsm --name payments --to-hsm-name contoso-hsm --yes --json';
    const recovered = await as(operator, recover);
    expect([recovered.code, recovered.json()]).toMatchObject([0, { step: { action: 'recover' } }]);
    const drill = await as(operator, 'drill --yes --to-vault-name contoso-drill');
    expect([drill.code, azure.vault('contoso-drill').keyNames()]).toEqual([1, []]);
  });

  test('a drill operator drills into a vault and into a Managed HSM', async () => {
    const operator = azure.registry.add('drill-operator', drillOperatorDataActions);
    expect((await as(operator, 'drill --yes --to-vault-name contoso-drill --max-per-second 1000')).code).toBe(0);
    expect((await as(operator, 'drill --yes --to-hsm-name drill-hsm --max-per-second 1000')).code).toBe(0);
  });

  test('who enqueues needs the queue and nothing else', async () => {
    const requester = azure.registry.add('requester-alone', requesterDataActions);
    const line = 'enqueue --vault-name contoso-prod --name signing';
    expect(await as(requester, line)).toEnd(0, 'Not checked whether key "signing"');
  });
});
