// Without a private network and in one app, with an action group and a Managed HSM, and no events.
using '../../../infra/main.bicep'

param environmentName = 'open'
param location = 'eastus2'
param privateNetwork = false
param separateAudit = false
param sources = [
  {
    vaultName: 'contoso-dev'
    resourceGroup: 'rg-dev'
    location: 'eastus2'
    events: false
  }
  {
    hsmName: 'contoso-dev-hsm'
    resourceGroup: 'rg-dev'
  }
]
param alarms = {
  actionGroupId: '/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg-alarms/providers/Microsoft.Insights/actionGroups/ag-oncall'
}
param escrow = {
  resourceLock: false
}
