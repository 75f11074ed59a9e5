// The Event Grid system topic of one vault, in the vault's resource group and region: a vault can have only one.

param vaultName string
param location string
param tags { *: string }
@description('The topic that exists already; empty: one is made.')
param existingTopicName string

var topicName = empty(existingTopicName) ? 'evgt-key-escrow-${vaultName}' : existingTopicName

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource newTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (empty(existingTopicName)) {
  name: topicName
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: vault.id
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

resource oldTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!empty(existingTopicName)) {
  name: topicName
}

output principalId string = empty(existingTopicName) ? newTopic!.identity.principalId : oldTopic!.identity.principalId
output topicName string = topicName
