// What the escrow's identities may do on one vault, in the vault's own resource group and subscription.

@export()
@description('What an identity does with a vault\'s keys.')
type vaultGrant = {
  principalId: string
  roleDefinitionId: string
  @description('The same under legacy access policies.')
  keyPermissions: string[]
  description: string
}

param vaultName string
@description('Its id, from which the assignments have their names.')
param vaultId string
@allowed(['rbac', 'accessPolicy'])
param accessModel string
param grants vaultGrant[]

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
