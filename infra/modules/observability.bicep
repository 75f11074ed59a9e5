// Where log lines go, and the page that shows them.

import { logName, source } from 'sources.bicep'

param location string
param tags { *: string }
param workspaceName string
param insightsName string
@description('An existing workspace to use; empty: one is made.')
param existingWorkspaceId string
@minValue(30)
@maxValue(730)
param retentionDays int
@description('Object id of the escrow\'s identity: it sends telemetry with its own token.')
param principalId string
param sources source[]

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var workspaceId = empty(existingWorkspaceId) ? workspace.id : existingWorkspaceId
var sourceNames = string(map(sources, one => logName(one)))

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = if (empty(existingWorkspaceId)) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId
    DisableLocalAuth: true
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    description: 'Key escrow: sends its telemetry.'
  }
}

var panels = [
  {
    title: 'Coverage: the latest audit of each source\'s keys'
    query: loadTextContent('../queries/panel-coverage.kql')
  }
  {
    title: 'Runs of the last 14 days'
    query: loadTextContent('../queries/panel-runs.kql')
  }
  {
    title: 'Keys that failed in the last 14 days'
    query: loadTextContent('../queries/panel-failures.kql')
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insights.id, 'key-escrow-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Key escrow: runs and coverage'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat(
        [
          {
            type: 1
            name: 'introduction'
            content: {
              json: '## Key escrow\nWhat was escrowed, when, and what cannot be brought back. The proof itself is in the escrow container: `audits/`.'
            }
          }
        ],
        map(panels, panel => {
          type: 3
          name: panel.title
          content: {
            version: 'KqlItem/1.0'
            title: panel.title
            query: replace(panel.query, '__SOURCES__', sourceNames)
            size: 0
            queryType: 0
            resourceType: 'microsoft.operationalinsights/workspaces'
            visualization: 'table'
          }
        })
      )
      fallbackResourceIds: [workspaceId]
    })
  }
}

output workspaceId string = workspaceId
output insightsName string = insights.name
output telemetryAddress string = insights.properties.ConnectionString
