// What one app has of its own beside its code: an identity, the place of its telemetry, and its host's storage. No app has a right
// in the other's.

import { hostSettings } from 'app-settings.bicep'

@export()
@sealed()
type appPart = {
  part: 'all' | 'backup' | 'audit'
  @description('What the names of its identity and its telemetry end in.')
  suffix: '' | '-audit'
  @description('The name of its app, as "escrow": its service in azure.yaml and its resources.')
  name: 'escrow' | 'audit'
  hostAccountName: string
  @description('The on-demand queue; empty: it has none.')
  queueName: string
}

@export()
@description('The first app has the queue; the last one audits, which is the same one where one does both.')
func appPartsOf(separateAudit bool, token string, queueName string) appPart[] =>
  concat(
    [
      {
        part: separateAudit ? 'backup' : 'all'
        suffix: ''
        name: 'escrow'
        hostAccountName: 'stkeyhost${token}'
        queueName: queueName
      }
    ],
    separateAudit
      ? [
          {
            part: 'audit'
            suffix: '-audit'
            name: 'audit'
            hostAccountName: 'stkeyaudit${token}'
            queueName: ''
          }
        ]
      : []
  )

param location string
param tags { *: string }
param escrowName string
param part appPart
param workspaceId string
param privateNetwork bool
param operatorIpRanges string[]
@description('Event Grid puts messages on the queue.')
param hasEvents bool

var hasQueue = !empty(part.queueName)

module identity 'identity.bicep' = {
  params: {
    identityName: 'id-key-escrow-${escrowName}${part.suffix}'
    location: location
    tags: tags
  }
}

module insights 'insights.bicep' = {
  params: {
    insightsName: 'appi-key-escrow-${escrowName}${part.suffix}'
    workspaceId: workspaceId
    principalId: identity.outputs.principalId
    location: location
    tags: tags
  }
}

module storage 'host-storage.bicep' = {
  params: {
    accountName: part.hostAccountName
    queueName: part.queueName
    deploymentContainerName: 'deployment-package'
    privateNetwork: privateNetwork
    operatorIpRanges: hasQueue ? operatorIpRanges : []
    trustedServices: hasQueue && hasEvents
    principalId: identity.outputs.principalId
    workspaceId: workspaceId
    location: location
    tags: tags
  }
}

output identityId string = identity.outputs.id
output principalId string = identity.outputs.principalId
output clientId string = identity.outputs.clientId
output insightsId string = insights.outputs.id
output queueServiceUri string = storage.outputs.queueServiceUri
output deploymentContainerUrl string = storage.outputs.deploymentContainerUrl
@description('The app settings that are its own.')
output settings { *: string } = hostSettings({
  part: part.part
  identityClientId: identity.outputs.clientId
  blobServiceUri: storage.outputs.blobServiceUri
  queueServiceUri: storage.outputs.queueServiceUri
  tableServiceUri: storage.outputs.tableServiceUri
  telemetryAddress: insights.outputs.telemetryAddress
})
