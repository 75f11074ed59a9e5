// The page of the escrow in the portal: runs, coverage, failures.

import { completeQuery } from 'queries.bicep'

param location string
param tags { *: string }
param workspaceId string
@description('The deployment\'s own names, for the queries.')
param names { *: string }

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
  name: guid(names.BACKUP_INSIGHTS, 'key-escrow-workbook')
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
              json: '## Key escrow\nWhat was escrowed, when, and what cannot be brought back. The proof itself is in the container of audits.'
            }
          }
        ],
        map(panels, panel => {
          type: 3
          name: panel.title
          content: {
            version: 'KqlItem/1.0'
            title: panel.title
            query: completeQuery(panel.query, names)
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
