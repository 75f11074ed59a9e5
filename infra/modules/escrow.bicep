// The escrow itself: its resource group and its account, in the subscription that is to keep it.
targetScope = 'subscription'

import { containerGrant } from 'container-grants.bicep'
import { escrowPlace } from 'parameters.bicep'

param location string
param tags { *: string }
param settings escrowPlace
param resourceGroupName string
param accountName string
@description('Its id, from which the assignments have their names.')
param accountId string
param containerNames string[]
param privateNetwork bool
param operatorIpRanges string[]
param workspaceId string
param grants containerGrant[]
@description('Who may see how long the containers keep what lies in them.')
param protectionReader { principalId: string, roleDefinitionId: string }

var regions = loadJsonContent('regions.json')

module group 'resource-group.bicep' = {
  params: {
    resourceGroupName: resourceGroupName
    location: location
    tags: tags
  }
}

module storage 'escrow-storage.bicep' = {
  scope: resourceGroup(resourceGroupName)
  dependsOn: [group]
  params: {
    accountName: accountName
    accountId: accountId
    containerNames: containerNames
    sku: settings.?sku ?? regions[?toLower(replace(location, ' ', ''))].?storageSku ?? 'Standard_RAGRS'
    immutabilityDays: settings.?immutabilityDays ?? 365
    immutabilityLocked: settings.?immutabilityLocked ?? false
    softDeleteDays: settings.?softDeleteDays ?? 90
    resourceLock: settings.?resourceLock ?? true
    privateNetwork: privateNetwork
    operatorIpRanges: operatorIpRanges
    workspaceId: workspaceId
    grants: grants
    protectionReader: protectionReader
    location: location
    tags: tags
  }
}

output blobServiceUri string = storage.outputs.blobServiceUri
