// What is escrowed, written once: this type is the deployment's `sources` parameter, and the functions below make
// everything else from it: ESCROW_SOURCES, the log name that alarms look for, and the list of subscriptions.
// infra/sources.json holds such a list; src/app reads it by a schema of the same words, and reports what is wrong in it.

@export()
@sealed()
@description('A key vault or a Managed HSM, in the words of ESCROW_SOURCES, and where it is. Nothing about it is changed but who may read and back up its keys. An HSM has no events, and its roles are not part of ARM: run infra/scripts/grant-hsm-access.sh.')
type source = {
  @description('Name of a key vault. Give this or hsmName.')
  @minLength(3)
  @maxLength(24)
  vaultName: string?
  @description('Name of a Managed HSM. Give this or vaultName.')
  @minLength(3)
  @maxLength(24)
  hsmName: string?
  resourceGroup: string
  @description('Default: the subscription that is deployed to.')
  subscriptionId: string?
  @description('Region of the vault, as in "westeurope": where its Event Grid system topic must be, and its geography unless given. A vault needs it.')
  location: string?
  @description('Where a vault\'s backup can be restored (with the subscription). Default: from the region.')
  geography: string?
  @description('A name for the HSM\'s security domain: a backup can be restored only to an HSM that shares it.')
  securityDomain: string?
  @description('How the vault authorises: Azure roles (default) or legacy access policies.')
  accessModel: ('rbac' | 'accessPolicy')?
  @description('A private endpoint for this source in the escrow network (default true). false: it is reached through an endpoint that exists, or publicly.')
  privateEndpoint: bool?
  @description('Escrow a new key version of this vault within minutes, through Event Grid (default true).')
  events: bool?
  @description('The system topic that the vault already has, in the vault\'s own resource group unless said otherwise: a vault can have only one. It must have a system-assigned identity.')
  existingSystemTopic: { name: string, resourceGroup: string? }?
  @description('Key names to escrow; * and ? are wildcards. Default: every key.')
  keys: string[]?
  @description('Key names to leave out.')
  except: string[]?
  @description('Key names no longer escrowed, kept on record, without an alarm.')
  retired: string[]?
  @minValue(1)
  maxBackupsPerSecond: int?
  @description('An empty list of keys is not a failure.')
  allowEmpty: bool?
  @description('Why it is not escrowed, as in "drill vault": it stays on the list, so that nobody takes it for forgotten, and nothing is deployed for it.')
  notEscrowed: string?
}

@export()
@description('The name of a source in log lines and in the blob names of its backups.')
func logName(one source) string =>
  contains(one, 'vaultName') ? 'vaults/${toLower(one.vaultName!)}' : 'managed-hsms/${toLower(one.hsmName!)}'

@export()
@description('The id of a source in Azure.')
func resourceIdOf(one source, deploymentSubscriptionId string) string =>
  contains(one, 'vaultName')
    ? resourceId(one.?subscriptionId ?? deploymentSubscriptionId, one.resourceGroup, 'Microsoft.KeyVault/vaults', one.vaultName!)
    : resourceId(one.?subscriptionId ?? deploymentSubscriptionId, one.resourceGroup, 'Microsoft.KeyVault/managedHSMs', one.hsmName!)

@export()
@description('The region of a vault, which its events and its geography need.')
func locationOf(vault source) string => vault.?location ?? fail('The vault "${vault.vaultName!}" in `sources` needs its "location".')

@export()
@description('The system topic of a vault: the one that exists, or the one that is made.')
func topicIdOf(vault source, deploymentSubscriptionId string) string =>
  resourceId(
    vault.?subscriptionId ?? deploymentSubscriptionId,
    vault.?existingSystemTopic.?resourceGroup ?? vault.resourceGroup,
    'Microsoft.EventGrid/systemTopics',
    vault.?existingSystemTopic.name ?? 'evgt-key-escrow-${vault.vaultName!}'
  )

@export()
@description('What is known of Azure\'s regions (regions.json): the geography, and the most durable storage offered there.')
type regionFacts = { *: { geography: string, storageSku: string } }

@export()
@description('One entry of ESCROW_SOURCES.')
type settingEntry = {
  vaultName: string?
  hsmName: string?
  subscriptionId: string?
  geography: string?
  securityDomain: string?
  keys: string[]?
  except: string[]?
  retired: string[]?
  maxBackupsPerSecond: int?
  allowEmpty: bool?
}

@export()
@description('A source as ESCROW_SOURCES wants it: its name, the selection as written, and where its backups can be restored.')
func settingOf(one source, deploymentSubscriptionId string, regions regionFacts) settingEntry =>
  union(
    toObject(
      filter(items(one), entry => contains(['vaultName', 'hsmName', 'securityDomain', 'keys', 'except', 'retired', 'maxBackupsPerSecond', 'allowEmpty'], entry.key)),
      entry => entry.key,
      entry => entry.value
    ),
    contains(one, 'vaultName')
      ? {
          subscriptionId: one.?subscriptionId ?? deploymentSubscriptionId
          geography: one.?geography ?? regions[?toLower(replace(locationOf(one), ' ', ''))].?geography ?? locationOf(one)
        }
      : {}
  )
