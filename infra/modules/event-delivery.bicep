// New key versions of vaults as messages on the on-demand queue: for each vault its system topic, the topic's right to deliver,
// and the subscription.
targetScope = 'subscription'

import { locationOf, source, topicIdOf } from 'sources.bicep'

param tags { *: string }
param escrowName string
param resourceGroupName string
param hostAccountName string
param queueName string
@description('Vaults whose events are wanted.')
param vaults source[]

var here = subscription().subscriptionId

module topics 'event-topic.bicep' = [
  for vault in vaults: {
    scope: resourceGroup(vault.?subscriptionId ?? here, vault.?existingSystemTopic.?resourceGroup ?? vault.resourceGroup)
    params: {
      vaultName: vault.vaultName!
      location: locationOf(vault)
      topicName: last(split(topicIdOf(vault, here), '/'))
      isNew: vault.?existingSystemTopic == null
      tags: tags
    }
  }
]

module access 'event-delivery-access.bicep' = [
  for (vault, index) in vaults: {
    scope: resourceGroup(resourceGroupName)
    params: {
      accountName: hostAccountName
      queueName: queueName
      principalId: topics[index].outputs.principalId
    }
  }
]

module subscriptions 'event-subscription.bicep' = [
  for (vault, index) in vaults: {
    scope: resourceGroup(vault.?subscriptionId ?? here, vault.?existingSystemTopic.?resourceGroup ?? vault.resourceGroup)
    // The topic must be allowed to deliver before Event Grid tries it.
    dependsOn: [access[index]]
    params: {
      topicName: last(split(topicIdOf(vault, here), '/'))
      subscriptionName: 'key-escrow-${escrowName}'
      hostAccountId: resourceId(here, resourceGroupName, 'Microsoft.Storage/storageAccounts', hostAccountName)
      queueName: queueName
    }
  }
]
