// Your escrow. azd sets the two AZURE_ variables; for az alone, export them first (docs/deploy.md).
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
// No default: some regions take no new customers, and the escrow stays where it was first put.
param location = readEnvironmentVariable('AZURE_LOCATION')

// The one list: roles, events, private endpoints, alarms and the apps' own settings follow from it.
// `keyvault-escrow discover --write infra/sources.json` writes it; a person may edit it.
param sources = loadJsonContent('sources.json')

// `azd env set ESCROW_SEPARATE_AUDIT false`: one app does both, and azure.yaml deploys one.
param separateAudit = bool(readEnvironmentVariable('ESCROW_SEPARATE_AUDIT', 'true'))

param alarms = {
  emails: ['key-escrow@contoso.example']
}
