// The roles of the product, each as small as its duty. No built-in role is: "Key Vault Crypto Officer" deletes keys,
// "Storage Blob Data Contributor" overwrites backups. A custom role with data actions cannot be scoped to a management
// group, so its assignable scopes are the subscriptions that are really used.
targetScope = 'subscription'

@description('Tells this escrow\'s roles from another escrow\'s in the same tenant: role names are unique in a tenant.')
param escrowName string
@description('Ids of the subscriptions where the roles are assigned, "/subscriptions/<id>".')
param assignableScopes string[]

var roles = {
  vaultBackup: {
    title: 'Key escrow: back up keys'
    description: 'For the escrow app, on a vault: list keys and back them up. Cannot use, restore, change or delete a key.'
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.KeyVault/vaults/keys/backup/action'
    ]
  }
  recordCreation: {
    title: 'Key escrow: create records'
    description: 'For the escrow app, on the escrow container: create and read blobs. Cannot overwrite, delete or re-tag one.'
    dataActions: [
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
    ]
  }
  restoreOperator: {
    title: 'Key escrow: restore operator'
    description: 'For a person, on the vault that is restored to and on the escrow container: restore keys, recover deleted ones, read backups.'
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.KeyVault/vaults/keys/restore/action'
      'Microsoft.KeyVault/vaults/keys/recover/action'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
    ]
  }
  drillOperator: {
    title: 'Key escrow: drill operator'
    description: 'For the restore drill, on the DRILL vault and on the escrow container, never on a vault with keys that matter: restore, compare, delete and purge, and write the receipt.'
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.KeyVault/vaults/keys/restore/action'
      'Microsoft.KeyVault/vaults/keys/delete'
      'Microsoft.KeyVault/vaults/keys/purge/action'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
    ]
  }
  auditOperator: {
    title: 'Key escrow: auditor'
    description: 'For a person, on the escrowed vaults and the escrow container: see which keys there are and read records and reports.'
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
    ]
  }
}

resource definitions 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for role in items(roles): {
    name: guid(subscription().id, escrowName, role.key)
    properties: {
      roleName: '${role.value.title} (${escrowName})'
      description: role.value.description
      type: 'CustomRole'
      permissions: [
        {
          actions: []
          notActions: []
          dataActions: role.value.dataActions
          notDataActions: []
        }
      ]
      assignableScopes: assignableScopes
    }
  }
]

@description('Role definition ids by the names above.')
output ids { *: string } = toObject(
  map(items(roles), role => {
    name: role.key
    id: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      guid(subscription().id, escrowName, role.key)
    )
  }),
  entry => entry.name,
  entry => entry.id
)
