// Key escrow: everything it needs, from one list of sources.
//   az deployment sub create --location <region> --template-file infra/main.bicep --parameters infra/main.bicepparam
targetScope = 'subscription'

import { escrowSettings, hostSettings } from 'modules/app-settings.bicep'
import { deleteAssignmentLine, hsmRoleLine, lockPolicyLine, roleLine } from 'modules/commands.bicep'
import { networkSettings } from 'modules/network.bicep'
import { roleIdOf } from 'modules/role-definitions.bicep'
import { locationOf, logName, resourceIdOf, settingOf, source, topicIdOf } from 'modules/sources.bicep'

type escrowPlace = {
  @description('Another subscription for the escrow account. Same owner, same blast radius: it protects from a subscription that is cancelled or deleted, not from the people or the tenant that own both.')
  subscriptionId: string?
  @description('Resource group of the escrow account. Default: "<resourceGroupName>-escrow". It is made, or must be in `location` already. Never the app\'s: that one can be deleted.')
  resourceGroupName: string?
  @description('Region of the escrow account. Default: the deployment\'s.')
  location: string?
  @description('Redundancy. Default: the most durable that the region offers, Standard_RAGZRS where it can be had.')
  sku: ('Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_RAGRS' | 'Standard_GZRS' | 'Standard_RAGZRS')?
  @description('Container of the backups; audits and drills lie in two more, named as it with "-audits" and "-drills".')
  @minLength(3)
  @maxLength(56)
  containerName: string?
  @description('Days for which a backup cannot be changed or deleted. Default 365.')
  @minValue(1)
  @maxValue(146000)
  immutabilityDays: int?
  @description('Set to true after a person has locked the policies (docs/deploy.md).')
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
  @description('The workspace to which the escrowed vaults send their audit logs. With it: an alarm on backup and restore by anybody else.')
  vaultLogsWorkspaceId: string?
}

@description('Tells this escrow from others; azd passes its environment name.')
@minLength(2)
@maxLength(20)
param environmentName string
@description('Region of the apps and their network.')
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
@description('When the audit looks whether every key can be brought back: NCRONTAB, UTC, at least daily.')
param auditSchedule string = '0 0 6 * * *'
@description('Older than this, a key\'s newest record is stale.')
@minValue(1)
param maxAgeHours int = schedulePeriodHours + 2
@description('When set, the audit reports a restore drill that is older or missing.')
@minValue(1)
param maxDrillAgeDays int?
@description('Who answers for the escrow, as the daily page says it.')
@maxLength(128)
param owner string?
param queueName string = 'key-escrow-requests'

@description('true: the audit runs in an app of its own, with its own identity, host storage and telemetry, so that whoever backs up cannot certify. false: one app does both (docs/security.md says what that gives up).')
param separateAudit bool = true
@allowed(['22', '24'])
param nodeVersion string = '24'
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048
@description('Instances of each function group (the queue is one, each timer another). 40 is the lowest number that every region took in 2026; where a region takes less, less spares production: every instance keeps its own pace, so a vault sees at most this many times `maxBackupsPerSecond`. At the defaults that is the 400 calls a second at which a vault begins to refuse.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

param escrow escrowPlace = {}
@description('false: no virtual network and no private endpoints; the storage accounts answer on the internet, by identity only.')
param privateNetwork bool = true
param network networkSettings = {}
@description('Public addresses or CIDR ranges from which people use the command line although storage is private.')
param operatorIpRanges string[] = []
@description('Public addresses or CIDR ranges that may deploy the apps; empty: any, by identity.')
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
var here = subscription().subscriptionId
var token = uniqueString(subscription().id, environmentName, location)
// azd takes what has this tag for its own. The escrow's group has none.
var azdTags = union(tags, { 'azd-env-name': environmentName })

var hostAccountName = 'stkeyhost${token}'
var auditHostAccountName = 'stkeyaudit${token}'
var escrowAccountName = 'stkeyesc${token}'
var escrowSubscriptionId = escrow.?subscriptionId ?? here
// A group of its own, so that all the rest can be deleted as a group while the escrow stays.
var wantedEscrowGroup = escrow.?resourceGroupName ?? '${resourceGroupName}-escrow'
var escrowResourceGroupName = toLower(wantedEscrowGroup) == toLower(resourceGroupName) && toLower(escrowSubscriptionId) == toLower(here)
  ? fail('The escrow account needs a resource group of its own: give escrow.resourceGroupName another name than resourceGroupName.')
  : wantedEscrowGroup
var escrowLocation = escrow.?location ?? location
var backupsContainer = escrow.?containerName ?? 'key-escrow'
var containerNames = {
  backups: backupsContainer
  audits: '${backupsContainer}-audits'
  drills: '${backupsContainer}-drills'
}

// What is only on the list to say that it was not forgotten gets nothing.
var escrowed = filter(sources, one => one.?notEscrowed == null)
var vaults = filter(escrowed, one => contains(one, 'vaultName'))
var hsms = filter(escrowed, one => contains(one, 'hsmName'))
var eventVaults = filter(vaults, one => one.?events ?? true)
// Every subscription in which a role is assigned, once, lower-case so that a spelling is no second subscription.
var roleSubscriptionIds = union(
  [toLower(here), toLower(escrowSubscriptionId)],
  map(vaults, one => toLower(one.?subscriptionId ?? here))
)

// Known by name before anything exists, so that endpoints can be listed in a loop.
var hostAccountId = resourceId(here, resourceGroupName, 'Microsoft.Storage/storageAccounts', hostAccountName)
var auditHostAccountId = resourceId(here, resourceGroupName, 'Microsoft.Storage/storageAccounts', auditHostAccountName)
var escrowAccountId = resourceId(escrowSubscriptionId, escrowResourceGroupName, 'Microsoft.Storage/storageAccounts', escrowAccountName)
var hostEndpoints = [
  { name: 'pe-${hostAccountName}-blob', targetId: hostAccountId, groupId: 'blob', service: 'blob' }
  { name: 'pe-${hostAccountName}-queue', targetId: hostAccountId, groupId: 'queue', service: 'queue' }
  { name: 'pe-${hostAccountName}-table', targetId: hostAccountId, groupId: 'table', service: 'table' }
]
var auditHostEndpoints = separateAudit
  ? [{ name: 'pe-${auditHostAccountName}-blob', targetId: auditHostAccountId, groupId: 'blob', service: 'blob' }]
  : []
var sourceEndpoints = map(filter(escrowed, one => one.?privateEndpoint ?? true), one => {
  name: 'pe-${toLower(one.?vaultName ?? one.?hsmName!)}-${contains(one, 'vaultName') ? 'vault' : 'hsm'}'
  targetId: resourceIdOf(one, here)
  groupId: contains(one, 'vaultName') ? 'vault' : 'managedhsm'
  service: contains(one, 'vaultName') ? 'vault' : 'hsm'
})
var endpoints = privateNetwork ? concat(hostEndpoints, auditHostEndpoints, sourceEndpoints) : []
// An endpoint must be in the subscription of its network. Where that is the escrow's, the endpoint to the escrow is in the
// escrow's group: its lock would keep the app's group from being deleted.
var subnetParts = split(network.?endpointSubnetId ?? '/subscriptions/${here}/resourceGroups/${resourceGroupName}', '/')
var endpointSubscriptionId = subnetParts[2]
var endpointResourceGroup = toLower(endpointSubscriptionId) == toLower(here)
  ? resourceGroupName
  : network.?endpointResourceGroup ?? subnetParts[4]
var escrowEndpointName = 'pe-${escrowAccountName}-blob'
var escrowEndpointGroup = toLower(endpointSubscriptionId) == toLower(escrowSubscriptionId)
  ? escrowResourceGroupName
  : endpointResourceGroup

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: azdTags
}

module escrowGroup 'modules/resource-group.bicep' = {
  scope: subscription(escrowSubscriptionId)
  params: {
    resourceGroupName: escrowResourceGroupName
    location: escrowLocation
    tags: tags
  }
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    identityName: 'id-key-escrow-${environmentName}'
    location: location
    tags: azdTags
  }
}

module auditIdentity 'modules/identity.bicep' = if (separateAudit) {
  scope: group
  params: {
    identityName: 'id-key-escrow-${environmentName}-audit'
    location: location
    tags: azdTags
  }
}

module roles 'modules/role-definitions.bicep' = [
  for id in roleSubscriptionIds: {
    scope: subscription(id)
    params: {
      escrowName: environmentName
      escrowSubscriptionId: here
    }
  }
]

module workspace 'modules/workspace.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-key-escrow-${environmentName}'
    existingWorkspaceId: workspaceId
    retentionDays: logRetentionDays
    location: location
    tags: azdTags
  }
}

module insights 'modules/insights.bicep' = {
  scope: group
  params: {
    insightsName: 'appi-key-escrow-${environmentName}'
    workspaceId: workspace.outputs.id
    principalId: identity.outputs.principalId
    location: location
    tags: azdTags
  }
}

module auditInsights 'modules/insights.bicep' = if (separateAudit) {
  scope: group
  params: {
    insightsName: 'appi-key-escrow-${environmentName}-audit'
    workspaceId: workspace.outputs.id
    principalId: auditIdentity!.outputs.principalId
    location: location
    tags: azdTags
  }
}

var auditPrincipalId = separateAudit ? auditIdentity!.outputs.principalId : identity.outputs.principalId

module hostStorage 'modules/host-storage.bicep' = {
  scope: group
  params: {
    accountName: hostAccountName
    queueName: queueName
    deploymentContainerName: 'deployment-package'
    privateNetwork: privateNetwork
    operatorIpRanges: operatorIpRanges
    trustedServices: !empty(eventVaults)
    principalId: identity.outputs.principalId
    workspaceId: workspace.outputs.id
    location: location
    tags: azdTags
  }
}

module auditHostStorage 'modules/host-storage.bicep' = if (separateAudit) {
  scope: group
  params: {
    accountName: auditHostAccountName
    queueName: ''
    deploymentContainerName: 'deployment-package'
    privateNetwork: privateNetwork
    operatorIpRanges: []
    trustedServices: false
    principalId: auditIdentity!.outputs.principalId
    workspaceId: workspace.outputs.id
    location: location
    tags: azdTags
  }
}

// Each container has one writer, and all read all: whoever backs up must not write where it is certified.
var recordCreation = roleIdOf(escrowSubscriptionId, here, environmentName, 'recordCreation')
var storageReader = roleIdOf(escrowSubscriptionId, here, environmentName, 'storageReader')
var auditorOfEscrow = roleIdOf(escrowSubscriptionId, here, environmentName, 'auditor')
var creates = 'Key escrow: creates and reads blobs; cannot overwrite, delete or re-tag them.'
var reads = 'Key escrow: reads blobs.'
var containerGrants = separateAudit
  ? [
      { containerName: containerNames.backups, principalId: identity.outputs.principalId, roleDefinitionId: recordCreation, description: creates }
      { containerName: containerNames.audits, principalId: identity.outputs.principalId, roleDefinitionId: auditorOfEscrow, description: reads }
      { containerName: containerNames.drills, principalId: identity.outputs.principalId, roleDefinitionId: auditorOfEscrow, description: reads }
      { containerName: containerNames.backups, principalId: auditPrincipalId, roleDefinitionId: auditorOfEscrow, description: reads }
      { containerName: containerNames.audits, principalId: auditPrincipalId, roleDefinitionId: recordCreation, description: creates }
      { containerName: containerNames.drills, principalId: auditPrincipalId, roleDefinitionId: auditorOfEscrow, description: reads }
    ]
  : [
      { containerName: containerNames.backups, principalId: identity.outputs.principalId, roleDefinitionId: recordCreation, description: creates }
      { containerName: containerNames.audits, principalId: identity.outputs.principalId, roleDefinitionId: recordCreation, description: creates }
      { containerName: containerNames.drills, principalId: identity.outputs.principalId, roleDefinitionId: auditorOfEscrow, description: reads }
    ]

module escrowStorage 'modules/escrow-storage.bicep' = {
  scope: resourceGroup(escrowSubscriptionId, escrowResourceGroupName)
  dependsOn: [escrowGroup, roles]
  params: {
    accountName: escrowAccountName
    accountId: escrowAccountId
    containerNames: [containerNames.backups, containerNames.audits, containerNames.drills]
    sku: escrow.?sku ?? regions[?toLower(replace(escrowLocation, ' ', ''))].?storageSku ?? 'Standard_RAGRS'
    immutabilityDays: escrow.?immutabilityDays ?? 365
    immutabilityLocked: escrow.?immutabilityLocked ?? false
    softDeleteDays: escrow.?softDeleteDays ?? 90
    resourceLock: escrow.?resourceLock ?? true
    privateNetwork: privateNetwork
    operatorIpRanges: operatorIpRanges
    workspaceId: workspace.outputs.id
    grants: containerGrants
    protectionReader: { principalId: auditPrincipalId, roleDefinitionId: storageReader }
    location: escrowLocation
    tags: tags
  }
}

module privateNetworks 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: {
    networkName: 'vnet-key-escrow-${environmentName}'
    settings: network
    services: union(['blob'], map(endpoints, one => one.service))
    location: location
    tags: azdTags
  }
}

module escrowEndpoint 'modules/private-endpoint.bicep' = if (privateNetwork) {
  scope: resourceGroup(endpointSubscriptionId, escrowEndpointGroup)
  params: {
    endpointName: escrowEndpointName
    targetId: escrowStorage.outputs.accountId
    groupId: 'blob'
    subnetId: privateNetworks!.outputs.endpointSubnetId
    zoneId: privateNetworks!.outputs.zoneIds.?blob ?? ''
    location: location
    tags: tags
  }
}

// One at a time: made at once in one subnet or on one account, about one in three fails
// (ReferencedResourceNotProvisioned, StorageAccountOperationInProgress).
@batchSize(1)
module privateEndpoints 'modules/private-endpoint.bicep' = [
  for one in endpoints: {
    scope: resourceGroup(endpointSubscriptionId, endpointResourceGroup)
    dependsOn: [hostStorage, auditHostStorage, escrowEndpoint]
    params: {
      endpointName: one.name
      targetId: one.targetId
      groupId: one.groupId
      subnetId: privateNetworks!.outputs.endpointSubnetId
      zoneId: privateNetworks!.outputs.zoneIds[?one.service] ?? ''
      location: location
      tags: azdTags
    }
  }
]

module vaultAccess 'modules/vault-access.bicep' = [
  for vault in vaults: {
    scope: resourceGroup(vault.?subscriptionId ?? here, vault.resourceGroup)
    dependsOn: [roles]
    params: {
      vaultName: vault.vaultName!
      vaultId: resourceIdOf(vault, here)
      accessModel: vault.?accessModel ?? 'rbac'
      grants: concat(
        [
          {
            principalId: identity.outputs.principalId
            roleDefinitionId: roleIdOf(vault.?subscriptionId ?? here, here, environmentName, 'vaultBackup')
            keyPermissions: ['get', 'list', 'backup']
            description: 'Key escrow: lists and backs up the keys of this vault.'
          }
        ],
        separateAudit
          ? [
              {
                principalId: auditPrincipalId
                roleDefinitionId: roleIdOf(vault.?subscriptionId ?? here, here, environmentName, 'auditor')
                keyPermissions: ['get', 'list']
                description: 'Key escrow: lists the keys of this vault to audit their backups.'
              }
            ]
          : []
      )
    }
  }
]

module eventTopics 'modules/event-topic.bicep' = [
  for vault in eventVaults: {
    scope: resourceGroup(vault.?subscriptionId ?? here, vault.?existingSystemTopic.?resourceGroup ?? vault.resourceGroup)
    params: {
      vaultName: vault.vaultName!
      location: locationOf(vault)
      topicName: last(split(topicIdOf(vault, here), '/'))
      isNew: vault.?existingSystemTopic == null
      tags: azdTags
    }
  }
]

module eventDeliveryAccess 'modules/event-delivery-access.bicep' = [
  for (vault, index) in eventVaults: {
    scope: group
    params: {
      accountName: hostAccountName
      queueName: queueName
      principalId: eventTopics[index].outputs.principalId
    }
    dependsOn: [hostStorage]
  }
]

module eventSubscriptions 'modules/event-subscription.bicep' = [
  for (vault, index) in eventVaults: {
    scope: resourceGroup(vault.?subscriptionId ?? here, vault.?existingSystemTopic.?resourceGroup ?? vault.resourceGroup)
    // The topic must be allowed to deliver before Event Grid tries it.
    dependsOn: [eventDeliveryAccess[index]]
    params: {
      topicName: last(split(topicIdOf(vault, here), '/'))
      subscriptionName: 'key-escrow-${environmentName}'
      hostAccountId: hostStorage.outputs.accountId
      queueName: queueName
    }
  }
]

var settings = escrowSettings({
  sources: string(map(escrowed, one => settingOf(one, here, regions)))
  blobServiceUri: escrowStorage.outputs.blobServiceUri
  containerNames: containerNames
  accountId: escrowAccountId
  schedule: schedule
  auditSchedule: auditSchedule
  queueName: queueName
  queueServiceUri: hostStorage.outputs.queueServiceUri
  maxAgeHours: maxAgeHours
  maxDrillAgeDays: maxDrillAgeDays
  owner: owner
  cloud: environment().name
})

module app 'modules/function-app.bicep' = {
  scope: group
  // An app that starts before its network and its right to create records would fail its first run.
  dependsOn: [privateEndpoints, vaultAccess]
  params: {
    appName: 'func-key-escrow-${token}'
    serviceName: 'escrow'
    planName: 'plan-key-escrow-${environmentName}'
    identityId: identity.outputs.id
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstances: maximumInstances
    deploymentContainerUrl: hostStorage.outputs.deploymentContainerUrl
    subnetId: privateNetwork ? privateNetworks!.outputs.integrationSubnetId : ''
    deployIpRanges: deployIpRanges
    appSettings: union(settings, hostSettings({
      part: separateAudit ? 'backup' : 'all'
      identityClientId: identity.outputs.clientId
      blobServiceUri: hostStorage.outputs.blobServiceUri
      queueServiceUri: hostStorage.outputs.queueServiceUri
      tableServiceUri: hostStorage.outputs.tableServiceUri
      telemetryAddress: insights.outputs.telemetryAddress
    }))
    location: location
    tags: azdTags
  }
}

module auditApp 'modules/function-app.bicep' = if (separateAudit) {
  scope: group
  dependsOn: [privateEndpoints, vaultAccess]
  params: {
    appName: 'func-key-audit-${token}'
    serviceName: 'audit'
    planName: 'plan-key-audit-${environmentName}'
    identityId: auditIdentity!.outputs.id
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstances: maximumInstances
    deploymentContainerUrl: auditHostStorage!.outputs.deploymentContainerUrl
    subnetId: privateNetwork ? privateNetworks!.outputs.integrationSubnetId : ''
    deployIpRanges: deployIpRanges
    appSettings: union(settings, hostSettings({
      part: 'audit'
      identityClientId: auditIdentity!.outputs.clientId
      blobServiceUri: auditHostStorage!.outputs.blobServiceUri
      queueServiceUri: auditHostStorage!.outputs.queueServiceUri
      tableServiceUri: auditHostStorage!.outputs.tableServiceUri
      telemetryAddress: auditInsights!.outputs.telemetryAddress
    }))
    location: location
    tags: azdTags
  }
}

// What the queries of the alarms and of the page need to know, by the words that stand in them.
var queryNames = {
  SOURCES: string(map(escrowed, one => logName(one)))
  SILENCE_HOURS: string(schedulePeriodHours + 2)
  BACKUP_INSIGHTS: insights.outputs.id
  AUDIT_INSIGHTS: separateAudit ? auditInsights!.outputs.id : insights.outputs.id
  ESCROW_CLIENT_ID: identity.outputs.clientId
  AUDIT_PRINCIPAL: auditPrincipalId
  QUEUE: queueName
  HOST_ACCOUNT: hostAccountName
  ESCROW_ACCOUNT: escrowAccountName
  AUDIT_CONTAINER: containerNames.audits
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    workspaceId: workspace.outputs.id
    names: queryNames
    location: location
    tags: azdTags
  }
}

module escrowAlarms 'modules/alarms.bicep' = {
  scope: group
  params: {
    escrowName: environmentName
    workspaceId: workspace.outputs.id
    names: queryNames
    existingActionGroupId: alarms.?actionGroupId ?? ''
    emails: alarms.?emails ?? []
    webhooks: alarmWebhooks
    location: workspace.outputs.location
    tags: azdTags
  }
}

module vaultLogsWorkspace 'modules/workspace.bicep' = if (alarms.?vaultLogsWorkspaceId != null) {
  scope: group
  params: {
    workspaceName: ''
    existingWorkspaceId: alarms.vaultLogsWorkspaceId!
    retentionDays: logRetentionDays
    location: location
    tags: azdTags
  }
}

module foreignBackupAlarm 'modules/foreign-backup-alarm.bicep' = if (alarms.?vaultLogsWorkspaceId != null) {
  scope: group
  params: {
    escrowName: environmentName
    vaultLogsWorkspaceId: alarms.vaultLogsWorkspaceId!
    names: queryNames
    actionGroupId: escrowAlarms.outputs.actionGroupId
    location: vaultLogsWorkspace!.outputs.location
    tags: azdTags
  }
}

output AZURE_RESOURCE_GROUP string = resourceGroupName
output functionAppName string = app.outputs.name
@description('Empty where one app does both.')
output auditAppName string = separateAudit ? auditApp!.outputs.name : ''
@description('What the command line needs, as environment variables: `npm run infra:settings` writes them to a file.')
output commandLineSettings { *: string } = settings
@description('To run once per Managed HSM, by one of its administrators.')
output hsmCommands string[] = [
  for one in hsms: 'infra/scripts/grant-hsm-access.sh --hsm-name ${one.hsmName!} --principal-id ${identity.outputs.principalId}${separateAudit ? ' --audit-principal-id ${auditPrincipalId}' : ''}'
]
@description('Lines that give people their roles, by role, with $WHO for the object id of the person.')
output roleCommands {
  auditor: string[]
  restoreOperator: string[]
  drillOperator: string[]
  requester: string[]
} = {
  auditor: concat(
    [roleLine(auditorOfEscrow, escrowAccountId), roleLine(storageReader, escrowAccountId)],
    map(vaults, one => roleLine(roleIdOf(one.?subscriptionId ?? here, here, environmentName, 'auditor'), resourceIdOf(one, here))),
    map(hsms, one => hsmRoleLine('Managed HSM Crypto Auditor', one.hsmName!))
  )
  restoreOperator: concat(
    [roleLine(roleIdOf(escrowSubscriptionId, here, environmentName, 'restoreOperator'), escrowAccountId)],
    map(vaults, one => roleLine(roleIdOf(one.?subscriptionId ?? here, here, environmentName, 'restoreOperator'), resourceIdOf(one, here)))
  )
  drillOperator: concat(
    [
      roleLine(auditorOfEscrow, escrowAccountId)
      roleLine(roleIdOf(escrowSubscriptionId, here, environmentName, 'drillOperator'), '${escrowAccountId}/blobServices/default/containers/${containerNames.drills}')
    ],
    map(union(map(vaults, one => toLower(one.?subscriptionId ?? here)), []), id =>
      roleLine(roleIdOf(id, here, environmentName, 'drillOperator'), resourceId(id, '<group of the drill vault>', 'Microsoft.KeyVault/vaults', '<drill vault>')))
  )
  requester: concat(
    [roleLine('Storage Queue Data Message Sender', '${hostAccountId}/queueServices/default/queues/${queueName}')],
    map([queueName, '${queueName}-poison'], name =>
      roleLine('Storage Queue Data Reader', '${hostAccountId}/queueServices/default/queues/${name}'))
  )
}
@description('Lines that lock the immutability policies, for ever: docs/deploy.md says when.')
output lockCommands string[] = map(
  [containerNames.backups, containerNames.audits, containerNames.drills],
  name => lockPolicyLine({
    subscriptionId: escrowSubscriptionId
    resourceGroup: escrowResourceGroupName
    accountName: escrowAccountName
    containerName: name
  })
)
@description('Lines that remove everything but the escrow, in this order: docs/deploy.md.')
output removalCommands string[] = concat(
  ['# Events and rights on the sources'],
  map(eventVaults, one => 'az resource delete --ids "${topicIdOf(one, here)}/eventSubscriptions/key-escrow-${environmentName}"'),
  flatten(map(vaults, one => map(
    union([{ principalId: identity.outputs.principalId, role: 'vaultBackup' }], separateAudit ? [{ principalId: auditPrincipalId, role: 'auditor' }] : []),
    grant => (one.?accessModel ?? 'rbac') == 'rbac'
      ? deleteAssignmentLine(resourceIdOf(one, here), grant.principalId, roleIdOf(one.?subscriptionId ?? here, here, environmentName, any(grant.role)))
      : 'az keyvault delete-policy --subscription "${one.?subscriptionId ?? here}" --name "${one.vaultName!}" --object-id "${grant.principalId}"'
  ))),
  flatten(map(hsms, one => map(union([identity.outputs.principalId], [auditPrincipalId]), id =>
    'az keyvault role assignment delete --hsm-name "${one.hsmName!}" --scope /keys --assignee "${id}"'))),
  ['# The escrow account: unlock it, take the network and the rights away, lock it again'],
  escrow.?resourceLock ?? true ? ['az lock delete --ids "${escrowAccountId}/providers/Microsoft.Authorization/locks/key-escrow"'] : [],
  privateNetwork ? ['az network private-endpoint delete --ids "${resourceId(endpointSubscriptionId, escrowEndpointGroup, 'Microsoft.Network/privateEndpoints', escrowEndpointName)}"'] : [],
  map(containerGrants, grant => deleteAssignmentLine('${escrowAccountId}/blobServices/default/containers/${grant.containerName}', grant.principalId, grant.roleDefinitionId)),
  [deleteAssignmentLine(escrowAccountId, auditPrincipalId, storageReader)],
  escrow.?resourceLock ?? true ? ['az lock create --name key-escrow --lock-type CanNotDelete --resource "${escrowAccountId}"'] : [],
  ['# Everything else'],
  privateNetwork && toLower(endpointSubscriptionId) != toLower(here) ? map(endpoints, one => 'az network private-endpoint delete --ids "${resourceId(endpointSubscriptionId, endpointResourceGroup, 'Microsoft.Network/privateEndpoints', one.name)}"') : [],
  ['az group delete --subscription "${here}" --name "${resourceGroupName}"']
)
