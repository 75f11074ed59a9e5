// Every app setting of the deployed apps, in this one place. None holds a secret: each connection is an identity.
// The names are those of src/app/settings.ts and of the Functions host; test/infra compares them.

@export()
@description('The settings of the escrow for both apps and the command line.')
type escrowSettingInputs = {
  @description('ESCROW_SOURCES, already as JSON.')
  sources: string
  @description('Address of the escrow account\'s blobs, with a slash at the end.')
  blobServiceUri: string
  containerNames: { backups: string, audits: string, drills: string }
  @description('Resource id of the escrow account.')
  accountId: string
  schedule: string
  auditSchedule: string
  queueName: string
  @description('Address of the queues of the app that backs up.')
  queueServiceUri: string
  maxAgeHours: int
  maxDrillAgeDays: int?
  owner: string?
  cloud: string
}

@export()
@description('What is the same for both apps and for a person at the command line.')
func escrowSettings(inputs escrowSettingInputs) { *: string } =>
  union(
    {
      ESCROW_SOURCES: inputs.sources
      ESCROW_CONTAINER_URL: '${inputs.blobServiceUri}${inputs.containerNames.backups}'
      ESCROW_AUDIT_CONTAINER_URL: '${inputs.blobServiceUri}${inputs.containerNames.audits}'
      ESCROW_DRILL_CONTAINER_URL: '${inputs.blobServiceUri}${inputs.containerNames.drills}'
      ESCROW_ACCOUNT_ID: inputs.accountId
      ESCROW_SCHEDULE: inputs.schedule
      ESCROW_AUDIT_SCHEDULE: inputs.auditSchedule
      ESCROW_QUEUE_NAME: inputs.queueName
      ESCROW_QUEUE__queueServiceUri: inputs.queueServiceUri
      ESCROW_MAX_AGE_HOURS: string(inputs.maxAgeHours)
      AZURE_CLOUD: inputs.cloud
    },
    inputs.?maxDrillAgeDays == null ? {} : { ESCROW_MAX_DRILL_AGE_DAYS: string(inputs.maxDrillAgeDays!) },
    inputs.?owner == null ? {} : { ESCROW_OWNER: inputs.owner! }
  )

@export()
@description('What an app needs besides, by its identity.')
type hostSettingInputs = {
  part: 'all' | 'backup' | 'audit'
  identityClientId: string
  @description('The addresses of the host\'s own account.')
  blobServiceUri: string
  queueServiceUri: string
  tableServiceUri: string
  @description('Application Insights: an address. Its key opens nothing, because local authentication is off.')
  telemetryAddress: string
}

@export()
func hostSettings(inputs hostSettingInputs) { *: string } =>
  union(
    {
      ESCROW_PART: inputs.part
      AZURE_CLIENT_ID: inputs.identityClientId
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
      AzureWebJobsStorage__blobServiceUri: inputs.blobServiceUri
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: inputs.identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: inputs.telemetryAddress
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${inputs.identityClientId};Authorization=AAD'
    },
    // An app that only audits has no queue, and its host needs neither queues nor tables.
    inputs.part == 'audit'
      ? {}
      : {
          ESCROW_QUEUE__credential: 'managedidentity'
          ESCROW_QUEUE__clientId: inputs.identityClientId
          // One message per source: the queue's retries are durable, the timer's end with the instance.
          ESCROW_FAN_OUT: 'true'
          AzureWebJobsStorage__queueServiceUri: inputs.queueServiceUri
          AzureWebJobsStorage__tableServiceUri: inputs.tableServiceUri
        }
  )
