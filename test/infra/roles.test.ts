import { describe, expect, it } from 'vitest';
import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import {
  deploy,
  deploymentSubscription,
  escrowPrincipalId,
  parameterSetNames,
  parametersNamed,
  platformSubscription,
  tenantId,
  vaultOnlySubscription,
} from './support/parameter-sets.ts';
import { ofType, roleAssignments, rolePermissions } from './support/resources.ts';

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
const keys = 'Microsoft.KeyVault/vaults/keys';

describe.each(parameterSetNames)('the roles of %s', (name) => {
  const deployment = deploy(parametersNamed(name));
  const roles = rolePermissions(deployment);
  const ids = deployment.outputs.roleDefinitionIds as Record<string, string>;

  it('let the app list and back up keys, and nothing else', () => {
    expect(roles.vaultBackup).toEqual({
      actions: [],
      notActions: [],
      dataActions: [`${keys}/read`, `${keys}/backup/action`],
      notDataActions: [],
    });
  });

  it('let the app create and read records, and neither overwrite, delete nor re-tag them', () => {
    expect(roles.recordCreation).toEqual({
      actions: [],
      notActions: [],
      dataActions: [`${blobs}/add/action`, `${blobs}/read`],
      notDataActions: [],
    });
  });

  it('give the operators what their duty takes', () => {
    expect(roles.restoreOperator?.dataActions).toEqual([
      `${keys}/read`,
      `${keys}/restore/action`,
      `${keys}/recover/action`,
      `${blobs}/read`,
    ]);
    expect(roles.drillOperator?.dataActions).toEqual([
      `${keys}/read`,
      `${keys}/restore/action`,
      `${keys}/delete`,
      `${keys}/purge/action`,
      `${blobs}/add/action`,
      `${blobs}/read`,
    ]);
    expect(roles.auditOperator?.dataActions).toEqual([`${keys}/read`, `${blobs}/read`]);
  });

  it('hold no wildcard and no control-plane action', () => {
    for (const { actions, notActions, dataActions, notDataActions } of Object.values(roles)) {
      expect([actions, notActions, notDataActions]).toEqual([[], [], []]);
      expect(dataActions.filter((action) => action.includes('*'))).toEqual([]);
    }
  });

  it('assign the operators’ roles to nobody', () => {
    const assigned = roleAssignments(deployment).map((one) => one.roleDefinitionId);
    for (const role of ['restoreOperator', 'drillOperator', 'auditOperator']) {
      expect(assigned).not.toContain(ids[role]);
    }
  });

  it('assign the app’s two roles to its identity only: on vaults and on the escrow container', () => {
    const own = roleAssignments(deployment).filter((one) => Object.values(ids).includes(one.roleDefinitionId));
    expect(new Set(own.map((one) => one.principalId))).toEqual(new Set([escrowPrincipalId]));
    for (const { on, roleDefinitionId } of own) {
      if (roleDefinitionId === ids.vaultBackup) expect(on).toMatch(/\/Microsoft\.KeyVault\/vaults\/[^/]+$/);
      else expect(on).toMatch(/\/storageAccounts\/stkeyesc\w+\/blobServices\/default\/containers\/key-escrow$/);
    }
  });

  it('are the roles under which the local Azure runs the app', () => {
    const deployed = [...(roles.vaultBackup?.dataActions ?? []), ...(roles.recordCreation?.dataActions ?? [])];
    const local = appDataActions.filter((action) => action.startsWith(keys) || action.startsWith(blobs));
    expect(local.toSorted()).toEqual(deployed.toSorted());
  });
});

describe('a deployment over several subscriptions', () => {
  const deployment = deploy(parametersNamed('many-sources'));

  it('makes its roles assignable in each of them, and nowhere else', () => {
    for (const { properties } of ofType(deployment, 'Microsoft.Authorization/roleDefinitions')) {
      const scopes = properties.assignableScopes as string[];
      expect(scopes).toHaveLength(3);
      for (const id of [deploymentSubscription, platformSubscription, vaultOnlySubscription]) {
        expect(scopes).toContain(`/subscriptions/${id}`);
      }
    }
  });

  it('gives each vault its access in the vault’s own subscription and resource group', () => {
    const { vaultBackup } = deployment.outputs.roleDefinitionIds as Record<string, string>;
    const onVaults = roleAssignments(deployment).filter((one) => one.roleDefinitionId === vaultBackup);
    expect(onVaults.map((one) => one.on)).toEqual([
      `/subscriptions/${deploymentSubscription}/resourceGroups/rg-contoso/providers/Microsoft.KeyVault/vaults/Contoso-Prod`,
      `/subscriptions/${platformSubscription}/resourceGroups/rg-shared/providers/Microsoft.KeyVault/vaults/contoso-shared`,
    ]);
  });

  it('adds an access policy of three permissions where a vault still uses policies', () => {
    const policies = ofType(deployment, 'Microsoft.KeyVault/vaults/accessPolicies');
    expect(policies.map((one) => one.id)).toEqual([
      `/subscriptions/${platformSubscription}/resourceGroups/rg-legacy/providers/Microsoft.KeyVault/vaults/contoso-legacy/accessPolicies/add`,
    ]);
    expect(policies[0]?.properties.accessPolicies).toEqual([
      { tenantId, objectId: escrowPrincipalId, permissions: { keys: ['get', 'list', 'backup'] } },
    ]);
  });

  it('puts out the command that gives the Managed HSM’s access, which is not part of ARM', () => {
    expect(deployment.outputs.hsmCommands).toEqual([
      `infra/scripts/grant-hsm-access.sh --hsm-name contoso-hsm --principal-id ${escrowPrincipalId}`,
    ]);
  });
});
