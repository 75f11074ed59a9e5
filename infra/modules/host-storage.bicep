// The own account of one app's Functions host: leases, schedules, the deployment package, and the on-demand queue of the
// app that backs up. Each app has one, and neither has a right in the other's: who owns an account can replace its app.

param location string
param tags { *: string }
param accountName string
@description('The on-demand queue; empty: this app has none, and its account needs blobs only.')
param queueName string
param deploymentContainerName string
param privateNetwork bool
param operatorIpRanges string[]
@description('true: Event Grid puts messages on the queue, by identity.')
param trustedServices bool
@description('Object id of the app\'s identity.')
param principalId string
param workspaceId string

var hasQueue = !empty(queueName)

// The host locks and writes blobs (Owner: it also takes leases across containers), moves messages and writes its state to
// tables. Contributor, not the smaller queue pair: the host must renew and release the messages it works on.
var hostRoles = union(
  { blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' },
  hasQueue
    ? {
        queueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
        tableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
      }
    : {}
)

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: accountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    isLocalUserEnabled: false
    // Event Grid cannot deliver through a private endpoint. "Enabled" with a default of Deny lets in nothing but the
    // trusted services, and those only where their identity has a role on the queue.
    publicNetworkAccess: privateNetwork && !trustedServices && empty(operatorIpRanges) ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      bypass: trustedServices ? 'AzureServices' : 'None'
      ipRules: map(operatorIpRanges, range => { value: range, action: 'Allow' })
      virtualNetworkRules: []
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobService
  name: deploymentContainerName
  properties: {
    publicAccess: 'None'
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = if (hasQueue) {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [
  for name in hasQueue ? [queueName, '${queueName}-poison'] : []: {
    parent: queueService
    name: name
  }
]

resource roleAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(hostRoles): {
    name: guid(account.id, principalId, role.value)
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
      description: 'Key escrow: the Functions host\'s ${role.key}.'
    }
  }
]

// Only what is put on a queue: the alarm on messages that the host gave up by itself needs it (queries/request-lost.kql).
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (hasQueue) {
  name: 'key-escrow'
  scope: queueService
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageWrite', enabled: true }
    ]
  }
}

output accountId string = account.id
output blobServiceUri string = account.properties.primaryEndpoints.blob
output queueServiceUri string = account.properties.primaryEndpoints.queue
output tableServiceUri string = account.properties.primaryEndpoints.table
output deploymentContainerUrl string = '${account.properties.primaryEndpoints.blob}${deploymentContainerName}'
