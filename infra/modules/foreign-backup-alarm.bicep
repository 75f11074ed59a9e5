// Somebody else backed up or restored a key of an escrowed vault: a backup cannot be revoked, so this is worth a call.
// It reads the vaults' own audit logs, in the workspace to which the vaults send them.

import { completeQuery } from 'queries.bicep'

@description('The region of that workspace: a log alert must be there.')
param location string
param tags { *: string }
param escrowName string
@description('The workspace that receives the vaults\' audit logs (category AuditEvent).')
param vaultLogsWorkspaceId string
@description('The deployment\'s own names, for the query.')
param names { *: string }
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
          query: completeQuery(loadTextContent('../queries/foreign-backup.kql'), names)
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
