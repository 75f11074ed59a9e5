// Alarms that fire on silence. Each rule's query is a file of its own under infra/queries, with its reasons in it.

import { completeQuery } from 'queries.bicep'

@description('The region of the workspace: a log alert must be there.')
param location string
param tags { *: string }
param escrowName string
param workspaceId string
@description('The deployment\'s own names, for the queries.')
param names { *: string }
@description('Whom an alarm reaches; empty: the group below is made.')
param existingActionGroupId string
param emails string[]
@secure()
@description('Webhook addresses by name. An address often holds a token, hence secure.')
param webhooks { *: string }

var actionGroupId = empty(existingActionGroupId) ? actionGroup.id : existingActionGroupId

type rule = {
  title: string
  description: string
  query: string
  @description('0 critical … 4 verbose')
  severity: int
  frequency: string
  window: string
  @description('How far back the query itself looks; never less than its window.')
  queryRange: string
  @description('The column that distinguishes one cause from another: each value is an alarm of its own.')
  cause: string
}

var rules rule[] = [
  {
    title: 'no scheduled run'
    description: 'A source has had no completed scheduled run for the schedule\'s period and two hours. Its newer keys and versions are not escrowed. Every source: the app has no functions (a settings fault), or its host restarts over and over (its identity lacks the queue role); see "The app is up, and nothing runs" in docs/operations.md.'
    query: loadTextContent('../queries/run-missing.kql')
    severity: 1
    frequency: 'PT30M'
    window: 'P2D'
    queryRange: 'P2D'
    cause: 'source'
  }
  {
    title: 'run incomplete'
    description: 'The last attempt of a run left keys without a backup.'
    query: loadTextContent('../queries/run-incomplete.kql')
    severity: 1
    frequency: 'PT15M'
    window: 'P2D'
    queryRange: 'P2D'
    cause: 'source'
  }
  {
    title: 'no audit'
    description: 'The daily audit has not completed for 26 hours, although runs have: nobody is checking the escrow.'
    query: loadTextContent('../queries/audit-missing.kql')
    severity: 2
    frequency: 'PT1H'
    window: 'P2D'
    queryRange: 'P2D'
    cause: 'source'
  }
  {
    title: 'coverage gap'
    description: 'The latest audit found a key that cannot be brought back as it should.'
    query: loadTextContent('../queries/coverage-gap.kql')
    severity: 1
    frequency: 'PT1H'
    window: 'P2D'
    queryRange: 'P2D'
    cause: 'source'
  }
  {
    title: 'audit chain'
    description: 'The latest audit does not follow the one before it: audits were removed, altered or put in by somebody else.'
    query: loadTextContent('../queries/audit-chain.kql')
    severity: 1
    frequency: 'PT1H'
    window: 'P2D'
    queryRange: 'P2D'
    cause: 'source'
  }
  {
    title: 'audit writer'
    description: 'Somebody other than the audit app wrote to the container of audits.'
    query: loadTextContent('../queries/audit-writer.kql')
    severity: 1
    frequency: 'PT15M'
    window: 'PT1H'
    queryRange: 'PT2H'
    cause: 'caller'
  }
  {
    title: 'request lost'
    description: 'A request on the on-demand queue was refused, failed for good, or was given up by the host. What the host gave up by itself is on the poison queue only, for seven days.'
    query: loadTextContent('../queries/request-lost.kql')
    severity: 2
    frequency: 'PT15M'
    window: 'PT1H'
    queryRange: 'PT2H'
    cause: 'reason'
  }
]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (empty(existingActionGroupId)) {
  name: 'ag-key-escrow-${escrowName}'
  #disable-next-line no-hardcoded-location // an action group is global, so that it works while a region does not
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'keyescrow'
    emailReceivers: [
      for (address, index) in emails: {
        name: 'e-mail ${index + 1}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
    webhookReceivers: [
      for hook in items(webhooks): {
        name: hook.key
        serviceUri: hook.value
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alarms 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for one in rules: {
    name: 'key-escrow-${escrowName}-${replace(one.title, ' ', '-')}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Key escrow ${escrowName}: ${one.title}'
      description: one.description
      severity: one.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: one.frequency
      windowSize: one.window
      overrideQueryTimeRange: one.queryRange
      autoMitigate: true
      // Tables appear with their first row: before the first run there is none yet, and that must not stop the deployment.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: completeQuery(one.query, names)
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: [
              {
                name: one.cause
                operator: 'Include'
                values: ['*']
              }
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
]

output actionGroupId string = actionGroupId
