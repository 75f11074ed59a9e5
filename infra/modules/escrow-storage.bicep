// Where the backups are. An account of its own: the host's account needs an identity that may delete blobs, this one must not.
//
// No customer-managed key, on purpose. If the key that encrypts this account lived in an escrowed vault, losing the vault
// would lose the backups of the vault: the escrow would hang from the very thing it is there to bring back. Platform-managed
// keys with infrastructure encryption have no such circle; the backups are encrypted by the service in any case.

import { containerGrant } from 'container-grants.bicep'

param location string
param tags { *: string }
param accountName string
@description('Its id, from which the assignments have their names.')
param accountId string
@description('The containers: backups, audits, drills. Each has one writer.')
param containerNames string[]
@description('Redundancy, as in Standard_RAGZRS.')
param sku string
@minValue(1)
@maxValue(146000)
@description('For how many days a backup can be neither changed nor deleted, counted from its creation. Unlocked until a person locks it.')
param immutabilityDays int
@description('true once the policy is locked: a locked policy cannot be written again, so the template leaves it alone.')
param immutabilityLocked bool
@minValue(7)
@maxValue(365)
param softDeleteDays int
@description('true: private endpoints only. false: any network, still by identity only.')
param privateNetwork bool
@description('Public address ranges from which operators may reach the account although it is private.')
param operatorIpRanges string[]
param resourceLock bool
@description('Log Analytics workspace for the record of every read, write and delete.')
param workspaceId string
@description('Who may do what in which container.')
param grants containerGrant[]
@description('Who may see how long the containers keep what lies in them, on the account: the identity that audits, and its role.')
param protectionReader { principalId: string, roleDefinitionId: string }

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    // Hot, not cool: a backup is about 22 KB and the cooler tiers bill every blob as 128 KiB.
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowedCopyScope: 'AAD'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    isLocalUserEnabled: false
    isSftpEnabled: false
    publicNetworkAccess: privateNetwork && empty(operatorIpRanges) ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      bypass: 'None'
      ipRules: map(operatorIpRanges, range => { value: range, action: 'Allow' })
      virtualNetworkRules: []
    }
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for name in containerNames: {
    parent: blobService
    name: name
    properties: {
      publicAccess: 'None'
    }
  }
]

resource immutability 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01' = [
  for (name, index) in containerNames: if (!immutabilityLocked) {
    parent: containers[index]
    name: 'default'
    properties: {
      immutabilityPeriodSinceCreationInDays: immutabilityDays
      allowProtectedAppendWrites: false
      allowProtectedAppendWritesAll: false
    }
  }
]

// On one container each, not on the account: whoever backs up must not write where it is certified.
resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in grants: {
    name: guid('${accountId}/blobServices/default/containers/${grant.containerName}', grant.principalId, grant.roleDefinitionId)
    scope: containers[indexOf(containerNames, grant.containerName)]
    properties: {
      principalId: grant.principalId
      principalType: 'ServicePrincipal'
      #disable-next-line use-resource-id-functions // it is a parameter, in a list
      roleDefinitionId: grant.roleDefinitionId
      description: grant.description
    }
  }
]

resource protectionRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(accountId, protectionReader.principalId, protectionReader.roleDefinitionId)
  scope: account
  properties: {
    principalId: protectionReader.principalId
    principalType: 'ServicePrincipal'
    #disable-next-line use-resource-id-functions // it is a parameter
    roleDefinitionId: protectionReader.roleDefinitionId
    description: 'Key escrow: sees how the escrow is kept; no blob and no key.'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'key-escrow'
  scope: blobService
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
    metrics: [
      { category: 'Transaction', enabled: true }
    ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (resourceLock) {
  name: 'key-escrow'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'The key escrow. Deleting this account deletes every key backup: see docs/deploy.md, "Remove it without losing the escrow".'
  }
}

output accountId string = account.id
output blobServiceUri string = account.properties.primaryEndpoints.blob
