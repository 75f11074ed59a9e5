// A sample to copy. azd sets the two variables; with az alone the defaults below hold.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')

// The one list. Roles, events, private endpoints, alarms and the app's own settings follow from it.
param sources = [
  {
    kind: 'vault'
    vaultName: 'contoso-prod'
    resourceGroup: 'rg-contoso-prod'
    location: 'westeurope'
    selection: {
      except: ['tmp-*']
    }
  }
  // A vault in another subscription, with legacy access policies and a system topic that exists already:
  // {
  //   kind: 'vault'
  //   vaultName: 'contoso-legacy'
  //   subscriptionId: '00000000-0000-0000-0000-000000000000'
  //   resourceGroup: 'rg-legacy'
  //   location: 'northeurope'
  //   accessModel: 'accessPolicy'
  //   existingSystemTopic: { name: 'evgt-legacy' }
  // }
  // A Managed HSM; run infra/scripts/grant-hsm-access.sh for it afterwards:
  // {
  //   kind: 'hsm'
  //   hsmName: 'contoso-hsm'
  //   resourceGroup: 'rg-hsm'
  //   securityDomain: 'contoso-2026'
  // }
]

param alarms = {
  emails: ['key-escrow@contoso.example']
}
