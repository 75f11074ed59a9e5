// One private endpoint and its DNS record.

param location string
param tags { *: string }
param endpointName string
param targetId string
@description('Which part of the target: blob, queue, table, vault or managedhsm.')
param groupId string
param subnetId string
@description('Private DNS zone for the record; empty: none is made.')
param zoneId string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: endpointName
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: endpointName
        properties: {
          privateLinkServiceId: targetId
          groupIds: [groupId]
          requestMessage: 'Key escrow: nightly backup of keys.'
        }
      }
    ]
  }

  resource record 'privateDnsZoneGroups' = if (!empty(zoneId)) {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: groupId
          properties: {
            privateDnsZoneId: zoneId
          }
        }
      ]
    }
  }
}
