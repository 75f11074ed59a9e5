// A resource group in a subscription of its own, for an escrow that must not share the fate of its sources.
targetScope = 'subscription'

param location string
param tags { *: string }
param resourceGroupName string

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}
