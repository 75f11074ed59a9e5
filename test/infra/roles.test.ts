import { describe, expect, it } from 'vitest';
import {
  assignedRoles,
  auditorDataActions,
  drillOperatorDataActions,
  escrowContainers,
  restoreOperatorDataActions,
} from '../../local-azure/identity/deployed-roles.ts';
import type { Deployment } from './support/deployment.ts';
import {
  auditPrincipalId,
  backupPrincipalId,
  deploy,
  deploymentSubscription,
  deployNamed,
  parameterSetNames,
  parametersNamed,
  platformSubscription,
  tenantId,
  vaultOnlySubscription,
} from './support/parameter-sets.ts';
import {
  ofType,
  permissionsOf,
  type RoleAssignment,
  type RoleKey,
  roleAssignments,
  roleDefinition,
  roleDefinitions,
  roleKeys,
  roleNames,
} from './support/resources.ts';

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
const keys = 'Microsoft.KeyVault/vaults/keys';

const dataActions: Record<RoleKey, string[]> = {
  vaultBackup: [`${keys}/read`, `${keys}/backup/action`],
  recordCreation: [`${blobs}/add/action`, `${blobs}/read`],
  restoreOperator: [`${keys}/read`, `${keys}/restore/action`, `${keys}/recover/action`, `${blobs}/read`],
  drillOperator: [
    `${keys}/read`,
    `${keys}/restore/action`,
    `${keys}/delete`,
    `${keys}/purge/action`,
    `${blobs}/add/action`,
    `${blobs}/read`,
  ],
  auditor: [`${keys}/read`, `${blobs}/read`],
  storageReader: [],
};

/** Of the control plane: what shows how the escrow is kept, and nothing else of it. */
const actions: Partial<Record<RoleKey, string[]>> = {
  storageReader: [
    'Microsoft.Storage/storageAccounts/read',
    'Microsoft.Storage/storageAccounts/blobServices/containers/read',
  ],
};

/** Of Azure itself: a host's storage, its telemetry, and Event Grid's right to put messages on the queue. */
const builtInRoles = [
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  '3913510d-42f4-4e42-8a64-420c390055eb',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a',
];

/** The assignments of the product's own roles to one identity, as "role on the last words of the scope". */
function ownAssignments(deployment: Deployment, principalId: string): Set<string> {
  const names = roleNames(deployment);
  const own = ({ principalId: who, roleDefinitionId }: RoleAssignment): boolean =>
    who === principalId && names.has(roleDefinitionId);
  const lines = roleAssignments(deployment)
    .filter(own)
    .map(({ on, roleDefinitionId }) => `${names.get(roleDefinitionId)?.replace(/ \(.*/, '')}: ${on.split('/').at(-1)}`);
  return new Set(lines);
}

describe.each(parameterSetNames)('the roles of %s', (name) => {
  const deployment = deployNamed(name);

  it.each(roleKeys)('%s holds exactly what its duty takes', (key) => {
    expect(permissionsOf(roleDefinition(deployment, key, deploymentSubscription))).toEqual({
      actions: actions[key] ?? [],
      notActions: [],
      dataActions: dataActions[key],
      notDataActions: [],
    });
  });

  it('are assigned to the apps’ identities only, and the operators’ to nobody', () => {
    const definitions = roleNames(deployment);
    const own = roleAssignments(deployment).filter((one) => definitions.has(one.roleDefinitionId));
    for (const { principalId, roleDefinitionId } of own) {
      expect([backupPrincipalId, auditPrincipalId]).toContain(principalId);
      for (const key of ['restoreOperator', 'drillOperator'] as const) {
        expect(roleDefinitionId).not.toBe(roleDefinition(deployment, key, deploymentSubscription).id);
      }
    }
  });

  it('are defined where they are assigned', () => {
    const defined = roleNames(deployment);
    for (const { roleDefinitionId, on } of roleAssignments(deployment)) {
      expect(roleDefinitionId.split('/')[2]).toBe(on.split('/')[2]);
      const isBuiltIn = builtInRoles.includes(String(roleDefinitionId.split('/').at(-1)));
      expect(isBuiltIn || defined.has(roleDefinitionId), roleDefinitionId).toBe(true);
    }
  });
});

describe('an escrow in two parts', () => {
  const deployment = deployNamed('one-vault');

  it('lets the backup app back up keys and create backups, and write nowhere else', () => {
    expect(ownAssignments(deployment, backupPrincipalId)).toEqual(
      new Set([
        'Key escrow: back up keys: contoso-prod',
        'Key escrow: create records: key-escrow',
        'Key escrow: auditor: key-escrow-audits',
        'Key escrow: auditor: key-escrow-drills',
      ]),
    );
  });

  it('lets the audit app list keys, read backups and receipts, and create audits only', () => {
    expect(ownAssignments(deployment, auditPrincipalId)).toEqual(
      new Set([
        'Key escrow: auditor: contoso-prod',
        'Key escrow: auditor: key-escrow',
        'Key escrow: auditor: key-escrow-drills',
        'Key escrow: create records: key-escrow-audits',
        expect.stringMatching(/^Key escrow: see how the escrow is kept: stkeyesc/),
      ]),
    );
  });

  it('closes each app’s host account and telemetry to the other', () => {
    const touched = (principalId: string): Set<string | undefined> =>
      new Set(
        roleAssignments(deployment)
          .filter((one) => one.principalId === principalId)
          .map(({ on }) => /(stkeyhost|stkeyaudit|appi-key-escrow-small.*)/.exec(on)?.[1])
          .filter((one) => one !== undefined),
      );
    expect(touched(backupPrincipalId)).toEqual(new Set(['stkeyhost', 'appi-key-escrow-small']));
    expect(touched(auditPrincipalId)).toEqual(new Set(['stkeyaudit', 'appi-key-escrow-small-audit']));
  });
});

describe('an escrow in one part', () => {
  it('lets the one app create backups and audits and read receipts', () => {
    const deployment = deployNamed('no-network');
    expect(ownAssignments(deployment, backupPrincipalId)).toEqual(
      new Set([
        'Key escrow: auditor: key-escrow-drills',
        'Key escrow: back up keys: contoso-dev',
        'Key escrow: create records: key-escrow',
        'Key escrow: create records: key-escrow-audits',
        expect.stringMatching(/^Key escrow: see how the escrow is kept: stkeyesc/),
      ]),
    );
    expect(ownAssignments(deployment, auditPrincipalId)).toEqual(new Set());
  });
});

describe('the local Azure', () => {
  const local = assignedRoles(escrowContainers('key-escrow'));

  const isOfStorage = (action: string): boolean =>
    action.startsWith('Microsoft.Storage/') && !action.includes('/queueServices/');

  /** What an identity may do on the vault, on the escrow's account and on each container of a deployment. */
  function deployedActions(deployment: Deployment, principalId: string): Record<string, Set<string>> {
    const actions: Record<string, Set<string>> = {};
    const definitions = roleDefinitions(deployment);
    for (const { on, roleDefinitionId, principalId: who } of roleAssignments(deployment)) {
      const definition = definitions.find((one) => one.id === roleDefinitionId);
      if (who !== principalId || definition === undefined) continue;
      const { dataActions, actions: managed } = permissionsOf(definition);
      const isVault = on.includes('/Microsoft.KeyVault/');
      const own = dataActions.filter((one) => one.startsWith(isVault ? keys : blobs));
      const place = isVault ? 'vault' : managed.length > 0 ? 'account' : String(on.split('/').at(-1));
      actions[place] = new Set([...(actions[place] ?? []), ...own, ...managed]);
    }
    return actions;
  }
  const localActions = ({ everywhere, onContainers }: (typeof local)['app']): Record<string, Set<string>> => ({
    vault: new Set(everywhere.filter((one) => one.startsWith(keys))),
    ...(everywhere.some(isOfStorage) && { account: new Set(everywhere.filter(isOfStorage)) }),
    ...Object.fromEntries(Object.entries(onContainers).map(([name, actions]) => [name, new Set(actions)])),
  });

  it.each([
    ['app', 'one-vault', backupPrincipalId],
    ['audit', 'one-vault', auditPrincipalId],
    ['bothParts', 'no-network', backupPrincipalId],
  ] as const)('gives %s exactly what a deployment gives it', (name, parameters, principalId) => {
    expect(localActions(local[name])).toEqual(deployedActions(deployNamed(parameters), principalId));
  });

  it.each([
    ['auditor', auditorDataActions],
    ['restoreOperator', restoreOperatorDataActions],
    ['drillOperator', drillOperatorDataActions],
  ] as const)(
    'lets people in the role %s do what the deployed one does, and the like on a Managed HSM',
    (key, local) => {
      expect(new Set(local.filter((action) => !action.includes('managedHsm')))).toEqual(new Set(dataActions[key]));
    },
  );
});

describe('a deployment over several subscriptions', () => {
  const parameters = parametersNamed('many-sources');
  const deployment = deployNamed('many-sources');
  const definitions = roleDefinitions(deployment);

  it('defines its roles in each of them, each assignable there and nowhere else', () => {
    for (const { properties, subscriptionId } of definitions) {
      expect(properties.assignableScopes).toEqual([`/subscriptions/${subscriptionId}`]);
    }
    expect(new Set(definitions.map((one) => one.subscriptionId))).toEqual(
      new Set([deploymentSubscription, platformSubscription, vaultOnlySubscription]),
    );
  });

  it('leaves every definition as it was when the last source of a subscription is taken off the list', () => {
    const sources = parameters.sources as { subscriptionId?: string }[];
    const own = sources.filter((one) => one.subscriptionId === undefined);
    const fewer = deployNamed('many-sources', { sources: own });
    const kept = roleDefinitions(fewer);
    expect(kept.length).toBeLessThan(definitions.length);
    for (const one of kept) expect(definitions).toContainEqual(one);
  });

  it('names them apart from each other, and from those of an escrow of that name deployed elsewhere', () => {
    const elsewhere = deploy(parameters, platformSubscription);
    const all = [deployment, elsewhere].flatMap((one) => [...roleNames(one).values()]);
    expect(new Set(all).size).toBe(all.length);
    for (const name of all) expect(name.length).toBeLessThanOrEqual(128);
  });

  it('gives each vault its access in the vault’s own subscription and resource group', () => {
    const onVaults = roleAssignments(deployment).filter(({ on }) => on.includes('/Microsoft.KeyVault/'));
    expect(onVaults.filter((one) => one.principalId === backupPrincipalId).map((one) => one.on)).toEqual([
      `/subscriptions/${deploymentSubscription}/resourceGroups/rg-contoso/providers/Microsoft.KeyVault/vaults/Contoso-Prod`,
      `/subscriptions/${platformSubscription}/resourceGroups/rg-shared/providers/Microsoft.KeyVault/vaults/contoso-shared`,
    ]);
  });

  it('adds both access policies of a vault that still uses them in one change', () => {
    const policies = ofType(deployment, 'Microsoft.KeyVault/vaults/accessPolicies');
    expect(policies.map((one) => one.id)).toEqual([
      `/subscriptions/${platformSubscription}/resourceGroups/rg-legacy/providers/Microsoft.KeyVault/vaults/contoso-legacy/accessPolicies/add`,
    ]);
    expect(policies[0]?.properties.accessPolicies).toEqual([
      { tenantId, objectId: backupPrincipalId, permissions: { keys: ['get', 'list', 'backup'] } },
      { tenantId, objectId: auditPrincipalId, permissions: { keys: ['get', 'list'] } },
    ]);
  });

  it('puts out the command that gives the Managed HSM’s access, which is not part of ARM', () => {
    expect(deployment.outputs.hsmCommands).toEqual([
      `infra/scripts/grant-hsm-access.sh --hsm-name contoso-hsm --principal-id ${backupPrincipalId} --audit-principal-id ${auditPrincipalId}`,
    ]);
  });
});
