// Vaults in two subscriptions, one with access policies, one with a system topic of its own, a Managed HSM, the escrow
// account in a third subscription, an existing network and existing DNS zones.
using '../../../infra/main.bicep'

var platform = '22222222-2222-4222-8222-222222222222'
var vaultOnly = '33333333-3333-4333-8333-333333333333'
var hub = '/subscriptions/${platform}/resourceGroups/rg-hub/providers/Microsoft.Network'

param environmentName = 'large'
param location = 'northeurope'
param tags = {
  owner: 'platform-security'
}
param sources = [
  {
    vaultName: 'Contoso-Prod'
    resourceGroup: 'rg-contoso'
    location: 'North Europe'
    keys: ['*']
    except: ['tmp-*']
    maxBackupsPerSecond: 5
  }
  {
    vaultName: 'contoso-legacy'
    resourceGroup: 'rg-legacy'
    subscriptionId: platform
    location: 'uksouth'
    accessModel: 'accessPolicy'
    events: false
    privateEndpoint: false
    allowEmpty: true
    retired: ['old-*']
  }
  {
    vaultName: 'contoso-shared'
    resourceGroup: 'rg-shared'
    subscriptionId: platform
    location: 'northeurope'
    existingSystemTopic: {
      name: 'evgt-shared'
      resourceGroup: 'rg-events'
    }
  }
  {
    hsmName: 'contoso-hsm'
    resourceGroup: 'rg-hsm'
    subscriptionId: platform
    securityDomain: 'contoso-2026'
    keys: ['payments', 'signing-*']
  }
]
param schedule = '0 0 */12 * * *'
param schedulePeriodHours = 12
param maxDrillAgeDays = 35
param nodeVersion = '22'
param escrow = {
  subscriptionId: vaultOnly
  location: 'italynorth'
  immutabilityDays: 2555
  immutabilityLocked: true
}
param network = {
  integrationSubnetId: '${hub}/virtualNetworks/vnet-hub/subnets/escrow-app'
  endpointSubnetId: '${hub}/virtualNetworks/vnet-hub/subnets/endpoints'
  zoneIds: {
    blob: '${hub}/privateDnsZones/privatelink.blob.core.windows.net'
    queue: '${hub}/privateDnsZones/privatelink.queue.core.windows.net'
    table: '${hub}/privateDnsZones/privatelink.table.core.windows.net'
    vault: '${hub}/privateDnsZones/privatelink.vaultcore.azure.net'
  }
}
param operatorIpRanges = ['203.0.113.0/28']
param deployIpRanges = ['203.0.113.16/28']
param workspaceId = '/subscriptions/${platform}/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log-platform'
param alarms = {
  emails: ['keys@contoso.example', 'oncall@contoso.example']
  vaultLogsWorkspaceId: '/subscriptions/${platform}/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log-vaults'
}
param alarmWebhooks = {
  pager: 'https://pager.contoso.example/hook'
}
