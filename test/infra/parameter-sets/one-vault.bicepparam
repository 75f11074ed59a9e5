// The smallest escrow: one vault beside it, everything else by default.
using '../../../infra/main.bicep'

param environmentName = 'small'
param location = 'westeurope'
param sources = [
  {
    vaultName: 'contoso-prod'
    resourceGroup: 'rg-contoso'
    location: 'westeurope'
  }
]
param alarms = {
  emails: ['keys@contoso.example']
}
