// Key escrow: everything it needs, from one list of sources.
//   az deployment sub create --location <region> --template-file infra/main.bicep --parameters infra/main.bicepparam
targetScope = 'subscription'

import { appPartsOf } from 'modules/app-base.bicep'
import { escrowSettings } from 'modules/app-settings.bicep'
import { containerGrantsOf, escrowContainersOf } from 'modules/container-grants.bicep'
import { networkSettings } from 'modules/network.bicep'
import { deployedPlaces, hsmCommandsOf, lockCommandsOf, removalCommandsOf, roleCommandsOf, roleLines } from 'modules/operator-commands.bicep'
import { alarmSettings, escrowPlace } from 'modules/parameters.bicep'
import { roleIdOf } from 'modules/role-definitions.bicep'
import { logName, settingOf, source } from 'modules/sources.bicep'

@description('Distinguishes this escrow from others; azd passes its environment name.')
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

var escrowAccountName = 'stkeyesc${token}'
var escrowSubscriptionId = escrow.?subscriptionId ?? here
// A group of its own, so that all the rest can be deleted as a group while the escrow stays.
var wantedEscrowGroup = escrow.?resourceGroupName ?? '${resourceGroupName}-escrow'
var escrowResourceGroupName = toLower(wantedEscrowGroup) == toLower(resourceGroupName) && toLower(escrowSubscriptionId) == toLower(here)
  ? fail('The escrow account needs a resource group of its own: give escrow.resourceGroupName another name than resourceGroupName.')
  : wantedEscrowGroup
var escrowAccountId = resourceId(escrowSubscriptionId, escrowResourceGroupName, 'Microsoft.Storage/storageAccounts', escrowAccountName)
var containerNames = escrowContainersOf(escrow.?containerName ?? 'key-escrow')

// What is only on the list to say that it was not forgotten gets nothing.
var escrowed = filter(sources, one => one.?notEscrowed == null)
var vaults = filter(escrowed, one => contains(one, 'vaultName'))
var eventVaults = filter(vaults, one => one.?events ?? true)
var parts = appPartsOf(separateAudit, token, queueName)
var auditIndex = separateAudit ? 1 : 0
var hostAccountName = parts[0].hostAccountName

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: azdTags
}

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

module bases 'modules/app-base.bicep' = [
  for part in parts: {
    scope: group
    params: {
      part: part
      escrowName: environmentName
      workspaceId: workspace.outputs.id
      privateNetwork: privateNetwork
      operatorIpRanges: operatorIpRanges
      hasEvents: !empty(eventVaults)
      location: location
      tags: azdTags
    }
  }
]

var backupPrincipalId = bases[0].outputs.principalId
var auditPrincipalId = bases[auditIndex].outputs.principalId
var recordCreation = roleIdOf(escrowSubscriptionId, here, environmentName, 'recordCreation')
var auditor = roleIdOf(escrowSubscriptionId, here, environmentName, 'auditor')
var storageReader = roleIdOf(escrowSubscriptionId, here, environmentName, 'storageReader')
var containerGrants = containerGrantsOf(containerNames, backupPrincipalId, auditPrincipalId, separateAudit, recordCreation, auditor)

module sourceAccess 'modules/source-access.bicep' = {
  params: {
    escrowName: environmentName
    escrowSubscriptionId: escrowSubscriptionId
    vaults: vaults
    backupPrincipalId: backupPrincipalId
    auditPrincipalId: auditPrincipalId
    separateAudit: separateAudit
  }
}

module escrowStore 'modules/escrow.bicep' = {
  scope: subscription(escrowSubscriptionId)
  // It defines the roles that are assigned here.
  dependsOn: [sourceAccess]
  params: {
    settings: escrow
    resourceGroupName: escrowResourceGroupName
    accountName: escrowAccountName
    accountId: escrowAccountId
    containerNames: [containerNames.backups, containerNames.audits, containerNames.drills]
    privateNetwork: privateNetwork
    operatorIpRanges: operatorIpRanges
    workspaceId: workspace.outputs.id
    grants: containerGrants
    protectionReader: { principalId: auditPrincipalId, roleDefinitionId: storageReader }
    location: escrow.?location ?? location
    tags: tags
  }
}

module connections 'modules/private-connections.bicep' = if (privateNetwork) {
  dependsOn: [bases, escrowStore]
  params: {
    escrowName: environmentName
    resourceGroupName: resourceGroupName
    settings: network
    hostAccountName: hostAccountName
    auditHostAccountName: separateAudit ? parts[auditIndex].hostAccountName : ''
    escrowAccountId: escrowAccountId
    sources: filter(escrowed, one => one.?privateEndpoint ?? true)
    location: location
    tags: azdTags
    escrowTags: tags
  }
}

module events 'modules/event-delivery.bicep' = {
  dependsOn: [bases]
  params: {
    escrowName: environmentName
    resourceGroupName: resourceGroupName
    hostAccountName: hostAccountName
    queueName: queueName
    vaults: eventVaults
    tags: azdTags
  }
}

var settings = escrowSettings({
  sources: string(map(escrowed, one => settingOf(one, here, regions)))
  blobServiceUri: escrowStore.outputs.blobServiceUri
  containerNames: containerNames
  accountId: escrowAccountId
  schedule: schedule
  auditSchedule: auditSchedule
  queueName: queueName
  queueServiceUri: bases[0].outputs.queueServiceUri
  maxAgeHours: maxAgeHours
  maxDrillAgeDays: maxDrillAgeDays
  owner: owner
  cloud: environment().name
})

module apps 'modules/function-app.bicep' = [
  for (part, index) in parts: {
    scope: group
    // An app that starts before its network and its right to create records would fail its first run.
    dependsOn: [sourceAccess]
    params: {
      appName: 'func-key-${part.name}-${token}'
      serviceName: part.name
      planName: 'plan-key-${part.name}-${environmentName}'
      identityId: bases[index].outputs.identityId
      nodeVersion: nodeVersion
      instanceMemoryMB: instanceMemoryMB
      maximumInstances: maximumInstances
      deploymentContainerUrl: bases[index].outputs.deploymentContainerUrl
      subnetId: privateNetwork ? connections!.outputs.integrationSubnetId : ''
      deployIpRanges: deployIpRanges
      appSettings: union(settings, bases[index].outputs.settings)
      location: location
      tags: azdTags
    }
  }
]

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    escrowName: environmentName
    workspaceId: workspace.outputs.id
    workspaceLocation: workspace.outputs.location
    logRetentionDays: logRetentionDays
    // By the words that stand in the queries.
    names: {
      SOURCES: string(map(escrowed, one => logName(one)))
      SILENCE_HOURS: string(schedulePeriodHours + 2)
      BACKUP_INSIGHTS: bases[0].outputs.insightsId
      AUDIT_INSIGHTS: bases[auditIndex].outputs.insightsId
      ESCROW_CLIENT_ID: bases[0].outputs.clientId
      AUDIT_PRINCIPAL: auditPrincipalId
      QUEUE: queueName
      HOST_ACCOUNT: hostAccountName
      ESCROW_ACCOUNT: escrowAccountName
      AUDIT_CONTAINER: containerNames.audits
    }
    alarms: alarms
    webhooks: alarmWebhooks
    location: location
    tags: azdTags
  }
}

var places deployedPlaces = {
  escrowName: environmentName
  here: here
  resourceGroupName: resourceGroupName
  escrowSubscriptionId: escrowSubscriptionId
  escrowResourceGroupName: escrowResourceGroupName
  escrowAccountName: escrowAccountName
  containerNames: containerNames
  hostAccountId: resourceId(here, resourceGroupName, 'Microsoft.Storage/storageAccounts', hostAccountName)
  queueName: queueName
  vaults: vaults
  hsmNames: map(filter(escrowed, one => contains(one, 'hsmName')), one => one.hsmName!)
}

output AZURE_RESOURCE_GROUP string = resourceGroupName
output functionAppName string = apps[0].outputs.name
@description('Empty where one app does both.')
output auditAppName string = separateAudit ? apps[auditIndex].outputs.name : ''
@description('What the command line needs, as environment variables: `npm run infra:settings` writes them to a file.')
output commandLineSettings { *: string } = settings
@description('To run once per Managed HSM, by one of its administrators.')
output hsmCommands string[] = hsmCommandsOf(places, backupPrincipalId, separateAudit ? auditPrincipalId : '')
@description('Lines that give people their roles, by role, with $WHO for the object id of the person.')
output roleCommands roleLines = roleCommandsOf(places)
@description('Lines that lock the immutability policies, for ever: docs/deploy.md says when.')
output lockCommands string[] = lockCommandsOf(places)
@description('Lines that remove everything but the escrow, in this order: docs/deploy.md.')
output removalCommands string[] = removalCommandsOf(places, {
  backupPrincipalId: backupPrincipalId
  auditPrincipalId: auditPrincipalId
  separateAudit: separateAudit
  containerGrants: containerGrants
  eventVaults: eventVaults
  resourceLock: escrow.?resourceLock ?? true
  escrowEndpointIds: privateNetwork ? [connections!.outputs.escrowEndpointId] : []
  outlyingEndpointIds: privateNetwork ? connections!.outputs.outlyingEndpointIds : []
})
