// The roles of the product, each as small as its duty, in one subscription. No built-in role is: "Key Vault Crypto Officer"
// deletes keys, "Storage Blob Data Contributor" overwrites backups.
//
// Every subscription in which a role is assigned has definitions of its own. One definition for all of them could not
// lose a subscription while an assignment is left there (RoleScopeBeingRemovedContainsAssignments), so the deployment
// after the last source of a subscription was taken off the list would fail.
targetScope = 'subscription'

@description('The name of a role definition, the same on every deployment.')
func roleName(subscriptionId string, escrowSubscriptionId string, escrowName string, key string) string =>
  guid('/subscriptions/${toLower(subscriptionId)}', toLower(escrowSubscriptionId), escrowName, key)

@export()
@description('One of the product\'s roles, in the subscription where it is assigned. It is known before it is made: wait for it.')
func roleIdOf(
  subscriptionId string,
  escrowSubscriptionId string,
  escrowName string,
  key 'vaultBackup' | 'recordCreation' | 'restoreOperator' | 'drillOperator' | 'auditor' | 'storageReader'
) string =>
  subscriptionResourceId(
    subscriptionId,
    'Microsoft.Authorization/roleDefinitions',
    roleName(subscriptionId, escrowSubscriptionId, escrowName, key)
  )

param escrowName string
@description('Where the escrow is deployed. With its name it distinguishes this escrow\'s roles from another\'s.')
param escrowSubscriptionId string

var roles = {
  vaultBackup: {
    title: 'Key escrow: back up keys'
    description: 'For the backup app, on a vault: list keys and back them up. Cannot use, restore, change or delete a key.'
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.KeyVault/vaults/keys/backup/action'
    ]
  }
  recordCreation: {
    title: 'Key escrow: create records'
    description: 'For whoever adds to one container of the escrow: create and read blobs. Cannot overwrite, delete or re-tag one.'
    dataActions: [
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
    ]
  }
  restoreOperator: {
    title: 'Key escrow: restore operator'
    description: 'For a person, on the vault that is restored to and on the escrow account: restore keys, recover deleted ones, read backups.'
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.KeyVault/vaults/keys/restore/action'
      'Microsoft.KeyVault/vaults/keys/recover/action'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
    ]
  }
  drillOperator: {
    title: 'Key escrow: drill operator'
    description: 'For the restore drill, on the DRILL vault and on the container of drills, never on a vault with keys that matter: restore, compare, delete and purge, and write the receipt.'
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.KeyVault/vaults/keys/restore/action'
      'Microsoft.KeyVault/vaults/keys/delete'
      'Microsoft.KeyVault/vaults/keys/purge/action'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
    ]
  }
  auditor: {
    title: 'Key escrow: auditor'
    description: 'For the audit app and for people, on the escrowed vaults and on the escrow\'s containers: see which keys there are and read records and audits.'
    dataActions: [
      'Microsoft.KeyVault/vaults/keys/read'
      'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
    ]
  }
  storageReader: {
    title: 'Key escrow: see how the escrow is kept'
    description: 'For the audit app and for auditors, on the escrow account: see its redundancy and how long its containers keep what lies in them. Shows no blob and no key.'
    actions: [
      'Microsoft.Storage/storageAccounts/read'
      'Microsoft.Storage/storageAccounts/blobServices/containers/read'
    ]
  }
}

// The name of a role is unique in a tenant, so it says which escrow's it is and for which subscription.
var here = split(subscription().subscriptionId, '-')[0]
var escrowHome = split(escrowSubscriptionId, '-')[0]
var suffix = here == escrowHome ? '${escrowName} ${here}' : '${escrowName} ${escrowHome} in ${here}'

resource definitions 'Microsoft.Authorization/roleDefinitions@2022-04-01' = [
  for role in items(roles): {
    name: roleName(subscription().subscriptionId, escrowSubscriptionId, escrowName, role.key)
    properties: {
      roleName: '${role.value.title} (${suffix})'
      description: role.value.description
      type: 'CustomRole'
      permissions: [
        {
          actions: role.value.?actions ?? []
          notActions: []
          dataActions: role.value.?dataActions ?? []
          notDataActions: []
        }
      ]
      assignableScopes: [subscription().id]
    }
  }
]
