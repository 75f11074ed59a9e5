// What the escrow's identities may do on one vault, in the vault's own resource group and subscription.

import { roleIdOf } from 'role-definitions.bicep'

param vaultName string
@description('Its id as the list of sources writes it: the assignments have their names from it, and are removed by them.')
param vaultId string
@allowed(['rbac', 'accessPolicy'])
param accessModel string
param escrowName string
@description('Where the escrow is deployed.')
param escrowSubscriptionId string
param backupPrincipalId string
@description('The same where one app does both; then it gets nothing more.')
param auditPrincipalId string
param separateAudit bool

var subscriptionId = split(vaultId, '/')[2]
var grants = concat(
  [
    {
      principalId: backupPrincipalId
      roleDefinitionId: roleIdOf(subscriptionId, escrowSubscriptionId, escrowName, 'vaultBackup')
      keyPermissions: ['get', 'list', 'backup']
      description: 'Key escrow: lists and backs up the keys of this vault.'
    }
  ],
  separateAudit
    ? [
        {
          principalId: auditPrincipalId
          roleDefinitionId: roleIdOf(subscriptionId, escrowSubscriptionId, escrowName, 'auditor')
          keyPermissions: ['get', 'list']
          description: 'Key escrow: lists the keys of this vault to audit their backups.'
        }
      ]
    : []
)

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in accessModel == 'rbac' ? grants : []: {
    name: guid(vaultId, grant.principalId, grant.roleDefinitionId)
    scope: vault
    properties: {
      principalId: grant.principalId
      principalType: 'ServicePrincipal'
      #disable-next-line use-resource-id-functions // it is a parameter, in a list
      roleDefinitionId: grant.roleDefinitionId
      description: grant.description
    }
  }
]

// "add" merges into the vault's policies and leaves the others alone. All in one, because two changes of a vault at once
// conflict. `get` belongs to it: a request by name looks at the key first, because a certificate-backed key cannot be
// backed up. Under Azure roles keys/read holds both.
resource accessPolicy 'Microsoft.KeyVault/vaults/accessPolicies@2024-11-01' = if (accessModel == 'accessPolicy') {
  parent: vault
  name: 'add'
  properties: {
    accessPolicies: [
      for grant in grants: {
        tenantId: tenant().tenantId
        objectId: grant.principalId
        permissions: {
          keys: grant.keyPermissions
        }
      }
    ]
  }
}
