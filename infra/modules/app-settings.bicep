// Every app setting of the deployed app, in this one place. None holds a secret: each connection is an identity.
// The names are those of src/app/settings.ts and of the Functions host; test/infra compares them.

@export()
type appSettingInputs = {
  @description('ESCROW_SOURCES, already as JSON.')
  sources: string
  containerUrl: string
  schedule: string
  auditSchedule: string
  queueName: string
  maxAgeHours: int
  maxDrillAgeDays: int?
  cloud: string
  identityClientId: string
  blobServiceUri: string
  queueServiceUri: string
  tableServiceUri: string
  @description('Application Insights: an address. Its key opens nothing, because local authentication is off.')
  telemetryAddress: string
}

@export()
func appSettings(inputs appSettingInputs) { *: string } =>
  union(
    {
      ESCROW_SOURCES: inputs.sources
      ESCROW_CONTAINER_URL: inputs.containerUrl
      ESCROW_SCHEDULE: inputs.schedule
      ESCROW_AUDIT_SCHEDULE: inputs.auditSchedule
      ESCROW_QUEUE_NAME: inputs.queueName
      ESCROW_QUEUE__queueServiceUri: inputs.queueServiceUri
      ESCROW_QUEUE__credential: 'managedidentity'
      ESCROW_QUEUE__clientId: inputs.identityClientId
      // One message per source: the queue's retries are durable, the timer's end with the instance.
      ESCROW_FAN_OUT: 'true'
      ESCROW_MAX_AGE_HOURS: string(inputs.maxAgeHours)
      AZURE_CLOUD: inputs.cloud
      AZURE_CLIENT_ID: inputs.identityClientId
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
      AzureWebJobsStorage__blobServiceUri: inputs.blobServiceUri
      AzureWebJobsStorage__queueServiceUri: inputs.queueServiceUri
      AzureWebJobsStorage__tableServiceUri: inputs.tableServiceUri
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: inputs.identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: inputs.telemetryAddress
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${inputs.identityClientId};Authorization=AAD'
    },
    inputs.?maxDrillAgeDays == null ? {} : { ESCROW_MAX_DRILL_AGE_DAYS: string(inputs.maxDrillAgeDays!) }
  )
