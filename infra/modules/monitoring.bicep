// What watches the escrow: the page of the workspace, the alarms, and the alarm on backups by anybody else.
import { alarmSettings } from 'parameters.bicep'

param location string
param tags { *: string }
param escrowName string
param workspaceId string
@description('The region of the workspace: a log alert must be there.')
param workspaceLocation string
param logRetentionDays int
@description('The deployment\'s own names, by the words that stand in the queries.')
param names { *: string }
param alarms alarmSettings
@secure()
param webhooks { *: string }

module workbook 'workbook.bicep' = {
  params: {
    workspaceId: workspaceId
    names: names
    location: location
    tags: tags
  }
}

module escrowAlarms 'alarms.bicep' = {
  params: {
    escrowName: escrowName
    workspaceId: workspaceId
    names: names
    existingActionGroupId: alarms.?actionGroupId ?? ''
    emails: alarms.?emails ?? []
    webhooks: webhooks
    location: workspaceLocation
    tags: tags
  }
}

module vaultLogsWorkspace 'workspace.bicep' = if (alarms.?vaultLogsWorkspaceId != null) {
  params: {
    workspaceName: ''
    existingWorkspaceId: alarms.vaultLogsWorkspaceId!
    retentionDays: logRetentionDays
    location: location
    tags: tags
  }
}

module foreignBackupAlarm 'foreign-backup-alarm.bicep' = if (alarms.?vaultLogsWorkspaceId != null) {
  params: {
    escrowName: escrowName
    vaultLogsWorkspaceId: alarms.vaultLogsWorkspaceId!
    names: names
    actionGroupId: escrowAlarms.outputs.actionGroupId
    location: vaultLogsWorkspace!.outputs.location
    tags: tags
  }
}
