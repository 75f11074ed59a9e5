// Alarms that fire on silence. Each rule's query is a file of its own under infra/queries, with its reasons in it.

import { logName, source } from 'sources.bicep'

param location string
param tags { *: string }
param escrowName string
param workspaceId string
param sources source[]
@description('Hours between two scheduled runs, as ESCROW_SCHEDULE says.')
@minValue(1)
@maxValue(46) // a log alert looks back 48 h at most
param schedulePeriodHours int
param queueName string
param hostAccountName string
@description('Whom an alarm reaches; empty: the group below is made.')
param existingActionGroupId string
param emails string[]
@secure()
@description('Webhook addresses by name. An address often holds a token, hence secure.')
param webhooks { *: string }

var sourceNames = string(map(sources, one => logName(one)))
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
  @description('The column that tells one cause from another: each value is an alarm of its own.')
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
            query: replace(
              replace(
                replace(
                  replace(one.query, '__SOURCES__', sourceNames),
                  '__SILENCE_HOURS__',
                  string(schedulePeriodHours + 2)
                ),
                '__QUEUE__',
                queueName
              ),
              '__HOST_ACCOUNT__',
              hostAccountName
            )
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
