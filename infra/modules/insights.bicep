// Where one app sends its telemetry, by its own identity. The backup app may write any line into its own component and
// none into the audit's, so the alarms read each kind of line from the component of the app that owns it.

param location string
param tags { *: string }
param insightsName string
param workspaceId string
@description('Object id of the app\'s identity.')
param principalId string

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

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

output id string = insights.id
output telemetryAddress string = insights.properties.ConnectionString
