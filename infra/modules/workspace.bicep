// The Log Analytics workspace: an existing one, or one that is made.

param location string
param tags { *: string }
param workspaceName string
@description('An existing workspace to use; empty: one is made.')
param existingWorkspaceId string
@minValue(30)
@maxValue(730)
param retentionDays int

var isNew = empty(existingWorkspaceId)
// Made-up parts where there is no existing workspace: a scope is worked out before its condition.
var existingParts = split(isNew ? '${resourceGroup().id}/providers/none/none/none' : existingWorkspaceId, '/')

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = if (isNew) {
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

resource existingWorkspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = if (!isNew) {
  name: existingParts[8]
  scope: resourceGroup(existingParts[2], existingParts[4])
}

output id string = isNew ? workspace.id : existingWorkspaceId
@description('A log alert must be in the region of its workspace.')
output location string = isNew ? location : existingWorkspace!.location
