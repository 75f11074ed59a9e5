// What the escrow's identity may do on one vault, in the vault's own resource group and subscription.

param vaultName string
@description('Object id of the escrow\'s identity.')
param principalId string
@description('The custom role "back up keys".')
param roleDefinitionId string
@allowed(['rbac', 'accessPolicy'])
param accessModel string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource roleAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (accessModel == 'rbac') {
  name: guid(vault.id, principalId, roleDefinitionId)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleDefinitionId
    description: 'Key escrow: lists and backs up the keys of this vault.'
  }
}

// "add" merges into the vault's policies and leaves the others alone. `get` belongs to it: a request by name looks at
// the key first, because a certificate-backed key cannot be backed up. Under Azure roles keys/read holds both.
resource accessPolicy 'Microsoft.KeyVault/vaults/accessPolicies@2024-11-01' = if (accessModel == 'accessPolicy') {
  parent: vault
  name: 'add'
  properties: {
    accessPolicies: [
      {
        tenantId: tenant().tenantId
        objectId: principalId
        permissions: {
          keys: ['get', 'list', 'backup']
        }
      }
    ]
  }
}
