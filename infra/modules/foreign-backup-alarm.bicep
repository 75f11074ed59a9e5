// Somebody else backed up or restored a key of an escrowed vault: a backup cannot be revoked, so this is worth a call.
// It reads the vaults' own audit logs, in the workspace to which the vaults send them.

import { logName, source } from 'sources.bicep'

@description('Region of the workspace.')
param location string
param tags { *: string }
param escrowName string
@description('The workspace that receives the vaults\' audit logs (category AuditEvent).')
param vaultLogsWorkspaceId string
param sources source[]
@description('Application id (client id) of the escrow\'s identity, as the vaults log it.')
param escrowClientId string
param actionGroupId string

resource alarm 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'key-escrow-${escrowName}-foreign-backup'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Key escrow ${escrowName}: key backup or restore by another identity'
    description: 'A key of an escrowed vault was backed up or restored by an identity that is not the escrow\'s. Expected during a restore by an operator, and never otherwise.'
    severity: 1
    enabled: true
    scopes: [vaultLogsWorkspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: replace(
            replace(
              loadTextContent('../queries/foreign-backup.kql'),
              '__SOURCES__',
              string(map(sources, one => logName(one)))
            ),
            '__ESCROW_CLIENT_ID__',
            escrowClientId
          )
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            { name: 'source', operator: 'Include', values: ['*'] }
            { name: 'caller', operator: 'Include', values: ['*'] }
          ]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [actionGroupId]
    }
  }
}
