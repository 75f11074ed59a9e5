// The Event Grid system topic of one vault, in the vault's resource group and region: a vault can have only one.

param vaultName string
param location string
param tags { *: string }
param topicName string
@description('false: the topic exists already and is used as it is.')
param isNew bool

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource newTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (isNew) {
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

resource oldTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (!isNew) {
  name: topicName
}

output principalId string = isNew ? newTopic!.identity.principalId : oldTopic!.identity.principalId
