// Key escrow: everything it needs, from one list of sources.
//   az deployment sub create --location <region> --template-file infra/main.bicep --parameters infra/main.bicepparam
targetScope = 'subscription'

import { settingOf, source } from 'modules/sources.bicep'
import { networkSettings } from 'modules/network.bicep'

type escrowSettings = {
  @description('Another subscription for the escrow account. Same owner, same blast radius: it protects from a subscription that is cancelled or deleted, not from the people or the tenant that own both.')
  subscriptionId: string?
  @description('Resource group of the escrow account. Default: "<resourceGroupName>-escrow". It is made, or must be in `location` already.')
  resourceGroupName: string?
  @description('Region of the escrow account. Default: the deployment\'s.')
  location: string?
  @description('Redundancy. Default: the most durable that the region offers, Standard_RAGZRS where it can be had.')
  sku: ('Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_RAGRS' | 'Standard_GZRS' | 'Standard_RAGZRS')?
  containerName: string?
  @description('Days for which a backup cannot be changed or deleted. Default 365.')
  @minValue(1)
  @maxValue(146000)
  immutabilityDays: int?
  @description('Set to true after a person has locked the policy (docs/operations.md).')
  immutabilityLocked: bool?
  @description('Days for which deleted blobs and containers can be brought back. Default 90.')
  @minValue(7)
  @maxValue(365)
  softDeleteDays: int?
  @description('A CanNotDelete lock on the account. Default true.')
  resourceLock: bool?
}

type alarmSettings = {
  emails: string[]?
  @description('An action group to use instead of making one.')
  actionGroupId: string?
  @description('Where the escrowed vaults send their audit logs. With it: an alarm on backup and restore by anybody else.')
  vaultLogs: { workspaceId: string, location: string }?
}

@description('Tells this escrow from others; azd passes its environment name.')
@minLength(2)
@maxLength(20)
param environmentName string
@description('Region of the app and its network.')
param location string
param resourceGroupName string = 'rg-key-escrow-${environmentName}'
param tags { *: string } = {}

@description('What is escrowed: vaults and Managed HSMs. Settings, roles, events, endpoints and alarms all follow from this list.')
@minLength(1)
param sources source[]

@description('When the nightly run starts: NCRONTAB with six fields, UTC.')
param schedule string = '0 0 2 * * *'
@description('Hours between two scheduled runs. It must say what `schedule` says; 46 at most, because a log alert sees two days.')
@minValue(1)
@maxValue(46)
param schedulePeriodHours int = 24
@description('When the audit looks whether every key can be brought back: NCRONTAB, UTC.')
param auditSchedule string = '0 0 6 * * *'
@description('Older than this, a key\'s newest record is stale.')
@minValue(1)
param maxAgeHours int = schedulePeriodHours + 2
@description('When set, the audit reports a restore drill that is older or missing.')
@minValue(1)
param maxDrillAgeDays int?
param queueName string = 'key-escrow-requests'

@allowed(['22', '24'])
param nodeVersion string = '24'
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048
@description('Every instance keeps its own pace, so a vault sees at most this many times `maxBackupsPerSecond`; production shares the vault\'s limit. Not below 3: the nightly timer, the audit timer and the queue scale apart from one another.')
@minValue(3)
@maxValue(40)
param maximumInstances int = 3

param escrow escrowSettings = {}
@description('false: no virtual network and no private endpoints; both storage accounts answer on the internet, by identity only.')
param privateNetwork bool = true
param network networkSettings = {}
@description('Public addresses or CIDR ranges from which operators use the command line although storage is private.')
param operatorIpRanges string[] = []
@description('Public addresses or CIDR ranges that may deploy the app; empty: any, by identity.')
param deployIpRanges string[] = []

@description('An existing Log Analytics workspace; empty: one is made.')
param workspaceId string = ''
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90
param alarms alarmSettings = {}
@secure()
@description('Webhook addresses for alarms, by name.')
param alarmWebhooks { *: string } = {}

var regions = loadJsonContent('modules/regions.json')
var token = uniqueString(subscription().id, environmentName, location)
var allTags = union(tags, { 'azd-env-name': environmentName })

var queueAccountName = 'stkeyhost${token}'
var escrowAccountName = 'stkeyesc${token}'
var escrowSubscriptionId = escrow.?subscriptionId ?? subscription().subscriptionId
// A group of its own, so that all the rest can be deleted as a group while the escrow stays.
var escrowResourceGroupName = escrow.?resourceGroupName ?? '${resourceGroupName}-escrow'
var hasEscrowGroup = toLower(escrowSubscriptionId) != toLower(subscription().subscriptionId) || toLower(escrowResourceGroupName) != toLower(resourceGroupName)
var escrowLocation = escrow.?location ?? location
var escrowContainerName = escrow.?containerName ?? 'key-escrow'

var vaults = filter(sources, one => one.kind == 'vault')
var hsms = filter(sources, one => one.kind == 'hsm')
var eventVaults = filter(vaults, one => one.?events ?? true)
var sourceSubscriptionIds = map(vaults, one => one.?subscriptionId ?? subscription().subscriptionId)
// Every subscription in which one of the roles is assigned, once, lower-case so that a spelling is no second subscription.
var roleScopes = map(
  union([toLower(subscription().subscriptionId), toLower(escrowSubscriptionId)], map(sourceSubscriptionIds, id => toLower(id))),
  id => '/subscriptions/${id}'
)

// Known by name before anything exists, so that endpoints can be listed in a loop.
var queueAccountId = resourceId(subscription().subscriptionId, resourceGroupName, 'Microsoft.Storage/storageAccounts', queueAccountName)
var escrowAccountId = resourceId(escrowSubscriptionId, escrowResourceGroupName, 'Microsoft.Storage/storageAccounts', escrowAccountName)
var storageEndpoints = [
  { name: 'pe-${escrowAccountName}-blob', targetId: escrowAccountId, groupId: 'blob', service: 'blob' }
  { name: 'pe-${queueAccountName}-blob', targetId: queueAccountId, groupId: 'blob', service: 'blob' }
  { name: 'pe-${queueAccountName}-queue', targetId: queueAccountId, groupId: 'queue', service: 'queue' }
  { name: 'pe-${queueAccountName}-table', targetId: queueAccountId, groupId: 'table', service: 'table' }
]
var vaultEndpoints = map(filter(vaults, one => one.?privateEndpoint ?? true), one => {
  name: 'pe-${toLower(one.vaultName)}-vault'
  targetId: resourceId(one.?subscriptionId ?? subscription().subscriptionId, one.resourceGroup, 'Microsoft.KeyVault/vaults', one.vaultName)
  groupId: 'vault'
  service: 'vault'
})
var hsmEndpoints = map(filter(hsms, one => one.?privateEndpoint ?? true), one => {
  name: 'pe-${toLower(one.hsmName)}-hsm'
  targetId: resourceId(one.?subscriptionId ?? subscription().subscriptionId, one.resourceGroup, 'Microsoft.KeyVault/managedHSMs', one.hsmName)
  groupId: 'managedhsm'
  service: 'hsm'
})
var endpoints = privateNetwork ? concat(storageEndpoints, vaultEndpoints, hsmEndpoints) : []

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module escrowGroup 'modules/resource-group.bicep' = if (hasEscrowGroup) {
  scope: subscription(escrowSubscriptionId)
  params: {
    resourceGroupName: escrowResourceGroupName
    location: escrowLocation
    tags: allTags
  }
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    identityName: 'id-key-escrow-${environmentName}'
    location: location
    tags: allTags
  }
}

module roles 'modules/role-definitions.bicep' = {
  params: {
    escrowName: environmentName
    assignableScopes: roleScopes
  }
}

module observability 'modules/observability.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-key-escrow-${environmentName}'
    insightsName: 'appi-key-escrow-${environmentName}'
    existingWorkspaceId: workspaceId
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
    sources: sources
    location: location
    tags: allTags
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  scope: group
  params: {
    accountName: queueAccountName
    queueName: queueName
    deploymentContainerName: 'deployment-package'
    privateNetwork: privateNetwork
    operatorIpRanges: operatorIpRanges
    trustedServices: !empty(eventVaults)
    principalId: identity.outputs.principalId
    workspaceId: observability.outputs.workspaceId
    location: location
    tags: allTags
  }
}

module escrowStorage 'modules/escrow-storage.bicep' = {
  scope: resourceGroup(escrowSubscriptionId, escrowResourceGroupName)
  dependsOn: [escrowGroup]
  params: {
    accountName: escrowAccountName
    containerName: escrowContainerName
    sku: escrow.?sku ?? regions[?toLower(replace(escrowLocation, ' ', ''))].?storageSku ?? 'Standard_RAGRS'
    immutabilityDays: escrow.?immutabilityDays ?? 365
    immutabilityLocked: escrow.?immutabilityLocked ?? false
    softDeleteDays: escrow.?softDeleteDays ?? 90
    resourceLock: escrow.?resourceLock ?? true
    privateNetwork: privateNetwork
    operatorIpRanges: operatorIpRanges
    workspaceId: observability.outputs.workspaceId
    principalId: identity.outputs.principalId
    roleDefinitionId: roles.outputs.ids.recordCreation
    location: escrowLocation
    tags: allTags
  }
}

module privateNetworks 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: {
    networkName: 'vnet-key-escrow-${environmentName}'
    settings: network
    services: union(map(endpoints, one => one.service), [])
    location: location
    tags: allTags
  }
}

module privateEndpoints 'modules/private-endpoint.bicep' = [
  for one in endpoints: {
    scope: group
    dependsOn: [hostStorage, escrowStorage]
    params: {
      endpointName: one.name
      targetId: one.targetId
      groupId: one.groupId
      subnetId: privateNetworks!.outputs.endpointSubnetId
      zoneId: privateNetworks!.outputs.zoneIds[?one.service] ?? ''
      location: location
      tags: allTags
    }
  }
]

module vaultAccess 'modules/vault-access.bicep' = [
  for vault in vaults: {
    scope: resourceGroup(vault.?subscriptionId ?? subscription().subscriptionId, vault.resourceGroup)
    params: {
      vaultName: vault.vaultName
      accessModel: vault.?accessModel ?? 'rbac'
      principalId: identity.outputs.principalId
      roleDefinitionId: roles.outputs.ids.vaultBackup
    }
  }
]

module eventTopics 'modules/event-topic.bicep' = [
  for vault in eventVaults: {
    scope: resourceGroup(vault.?subscriptionId ?? subscription().subscriptionId, vault.?existingSystemTopic.?resourceGroup ?? vault.resourceGroup)
    params: {
      vaultName: vault.vaultName
      location: vault.location
      existingTopicName: vault.?existingSystemTopic.name ?? ''
      tags: allTags
    }
  }
]

module eventDeliveryAccess 'modules/event-delivery-access.bicep' = [
  for (vault, index) in eventVaults: {
    scope: group
    params: {
      accountName: queueAccountName
      queueName: queueName
      principalId: eventTopics[index].outputs.principalId
    }
    dependsOn: [hostStorage]
  }
]

module eventSubscriptions 'modules/event-subscription.bicep' = [
  for (vault, index) in eventVaults: {
    scope: resourceGroup(vault.?subscriptionId ?? subscription().subscriptionId, vault.?existingSystemTopic.?resourceGroup ?? vault.resourceGroup)
    // The topic must be allowed to deliver before Event Grid tries it.
    dependsOn: [eventDeliveryAccess[index]]
    params: {
      topicName: eventTopics[index].outputs.topicName
      subscriptionName: 'key-escrow-${environmentName}'
      hostAccountId: hostStorage.outputs.accountId
      queueName: queueName
    }
  }
]

module app 'modules/function-app.bicep' = {
  scope: group
  // An app that starts before its network and its right to create records would fail its first run.
  dependsOn: [privateEndpoints, vaultAccess]
  params: {
    appName: 'func-key-escrow-${token}'
    planName: 'plan-key-escrow-${environmentName}'
    identityId: identity.outputs.id
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstances: maximumInstances
    deploymentContainerUrl: hostStorage.outputs.deploymentContainerUrl
    subnetId: privateNetwork ? privateNetworks!.outputs.integrationSubnetId : ''
    deployIpRanges: deployIpRanges
    settings: {
      sources: string(map(sources, one => settingOf(one, subscription().subscriptionId, regions)))
      containerUrl: escrowStorage.outputs.containerUrl
      schedule: schedule
      auditSchedule: auditSchedule
      queueName: queueName
      maxAgeHours: maxAgeHours
      maxDrillAgeDays: maxDrillAgeDays
      cloud: environment().name
      identityClientId: identity.outputs.clientId
      blobServiceUri: hostStorage.outputs.blobServiceUri
      queueServiceUri: hostStorage.outputs.queueServiceUri
      tableServiceUri: hostStorage.outputs.tableServiceUri
      telemetryAddress: observability.outputs.telemetryAddress
    }
    location: location
    tags: allTags
  }
}

module escrowAlarms 'modules/alarms.bicep' = {
  scope: group
  params: {
    escrowName: environmentName
    workspaceId: observability.outputs.workspaceId
    sources: sources
    schedulePeriodHours: schedulePeriodHours
    queueName: queueName
    hostAccountName: queueAccountName
    existingActionGroupId: alarms.?actionGroupId ?? ''
    emails: alarms.?emails ?? []
    webhooks: alarmWebhooks
    location: location
    tags: allTags
  }
}

module foreignBackupAlarm 'modules/foreign-backup-alarm.bicep' = if (alarms.?vaultLogs != null) {
  scope: group
  params: {
    escrowName: environmentName
    vaultLogsWorkspaceId: alarms.vaultLogs!.workspaceId
    location: alarms.vaultLogs!.location
    sources: sources
    escrowClientId: identity.outputs.clientId
    actionGroupId: escrowAlarms.outputs.actionGroupId
    tags: allTags
  }
}

output AZURE_RESOURCE_GROUP string = resourceGroupName
output functionAppName string = app.outputs.name
output identityPrincipalId string = identity.outputs.principalId
@description('What the command line needs, as environment variables.')
output commandLineSettings { *: string } = {
  ESCROW_SOURCES: string(map(sources, one => settingOf(one, subscription().subscriptionId, regions)))
  ESCROW_CONTAINER_URL: escrowStorage.outputs.containerUrl
  ESCROW_QUEUE_NAME: queueName
  ESCROW_QUEUE__queueServiceUri: hostStorage.outputs.queueServiceUri
  AZURE_CLOUD: environment().name
}
@description('Role definitions that are assigned to nobody: give them to people, for as long as they need them.')
output roleDefinitionIds { *: string } = roles.outputs.ids
@description('To run once per Managed HSM, by one of its administrators.')
output hsmCommands string[] = [
  for one in hsms: 'infra/scripts/grant-hsm-access.sh --hsm-name ${one.hsmName} --principal-id ${identity.outputs.principalId}'
]
