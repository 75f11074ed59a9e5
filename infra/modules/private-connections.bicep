// The network and every private endpoint: of the apps' own storage, of the escrow account, of the sources.
targetScope = 'subscription'

import { networkSettings } from 'network.bicep'
import { resourceIdOf, source } from 'sources.bicep'

param location string
param tags { *: string }
@description('For what is in the escrow\'s group, which azd must not take for its own.')
param escrowTags { *: string }
param escrowName string
param resourceGroupName string
param settings networkSettings
param hostAccountName string
@description('Of the audit\'s app; empty: one app does both.')
param auditHostAccountName string
param escrowAccountId string
@description('Sources that want an endpoint.')
param sources source[]

var here = subscription().subscriptionId
var escrowParts = split(escrowAccountId, '/')
var escrowSubscriptionId = escrowParts[2]
var escrowAccountName = last(escrowParts)

var hostEndpoints = map(
  concat(
    map(['blob', 'queue', 'table'], service => { account: hostAccountName, service: service }),
    empty(auditHostAccountName) ? [] : [{ account: auditHostAccountName, service: 'blob' }]
  ),
  one => {
    name: 'pe-${one.account}-${one.service}'
    targetId: resourceId(here, resourceGroupName, 'Microsoft.Storage/storageAccounts', one.account)
    groupId: one.service
    service: one.service
  }
)
var sourceEndpoints = map(sources, one => {
  name: 'pe-${toLower(one.?vaultName ?? one.?hsmName!)}-${contains(one, 'vaultName') ? 'vault' : 'hsm'}'
  targetId: resourceIdOf(one, here)
  groupId: contains(one, 'vaultName') ? 'vault' : 'managedhsm'
  service: contains(one, 'vaultName') ? 'vault' : 'hsm'
})
// Known by name before anything exists, so that endpoints can be listed in a loop.
var endpoints = concat(hostEndpoints, sourceEndpoints)
// An endpoint must be in the subscription of its network. Where that is the escrow's, the endpoint to the escrow is in the
// escrow's group: its lock would keep the app's group from being deleted.
var subnetParts = split(settings.?endpointSubnetId ?? '/subscriptions/${here}/resourceGroups/${resourceGroupName}', '/')
var endpointSubscriptionId = subnetParts[2]
var isHere = toLower(endpointSubscriptionId) == toLower(here)
var endpointGroup = isHere ? resourceGroupName : settings.?endpointResourceGroup ?? subnetParts[4]
var escrowEndpointName = 'pe-${escrowAccountName}-blob'
var escrowEndpointGroup = toLower(endpointSubscriptionId) == toLower(escrowSubscriptionId) ? escrowParts[4] : endpointGroup

module network 'network.bicep' = {
  scope: resourceGroup(resourceGroupName)
  params: {
    networkName: 'vnet-key-escrow-${escrowName}'
    settings: settings
    services: union(['blob'], map(endpoints, one => one.service))
    location: location
    tags: tags
  }
}

module escrowEndpoint 'private-endpoint.bicep' = {
  scope: resourceGroup(endpointSubscriptionId, escrowEndpointGroup)
  params: {
    endpointName: escrowEndpointName
    targetId: escrowAccountId
    groupId: 'blob'
    subnetId: network.outputs.endpointSubnetId
    zoneId: network.outputs.zoneIds.?blob ?? ''
    location: location
    tags: escrowTags
  }
}

// One at a time: made at once in one subnet or on one account, about one in three fails
// (ReferencedResourceNotProvisioned, StorageAccountOperationInProgress).
@batchSize(1)
module otherEndpoints 'private-endpoint.bicep' = [
  for one in endpoints: {
    scope: resourceGroup(endpointSubscriptionId, endpointGroup)
    dependsOn: [escrowEndpoint]
    params: {
      endpointName: one.name
      targetId: one.targetId
      groupId: one.groupId
      subnetId: network.outputs.endpointSubnetId
      zoneId: network.outputs.zoneIds[?one.service] ?? ''
      location: location
      tags: tags
    }
  }
]

output integrationSubnetId string = network.outputs.integrationSubnetId
output escrowEndpointId string = resourceId(endpointSubscriptionId, escrowEndpointGroup, 'Microsoft.Network/privateEndpoints', escrowEndpointName)
@description('Endpoints that do not go with the app\'s group, because they are in another subscription.')
output outlyingEndpointIds string[] = map(isHere ? [] : endpoints, one =>
  resourceId(endpointSubscriptionId, endpointGroup, 'Microsoft.Network/privateEndpoints', one.name))
