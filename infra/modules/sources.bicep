// What is escrowed, written once: this type is the deployment's `sources` parameter, and the functions below make
// everything else from it: ESCROW_SOURCES, the log name that alarms look for, and the list of subscriptions.

@export()
@description('What the app itself may be told about any source. Names and meanings are those of ESCROW_SOURCES.')
type selection = {
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
}

@export()
@description('A key vault. Resource group and subscription say where it is; nothing about the vault itself is changed but who may read and back up its keys.')
type vaultSource = {
  kind: 'vault'
  @minLength(3)
  @maxLength(24)
  vaultName: string
  resourceGroup: string
  @description('Default: the subscription that is deployed to.')
  subscriptionId: string?
  @description('Region of the vault, as in "westeurope": where its Event Grid system topic must be, and its geography unless given.')
  location: string
  @description('Where a backup can be restored (with the subscription). Default: from the region.')
  geography: string?
  @description('How the vault authorises: Azure roles (default) or legacy access policies.')
  accessModel: ('rbac' | 'accessPolicy')?
  @description('A private endpoint for this vault in the escrow network (default true). false: it is reached through an endpoint that exists, or publicly.')
  privateEndpoint: bool?
  @description('Escrow a new key version within minutes, through Event Grid (default true).')
  events: bool?
  @description('The system topic that the vault already has, in the vault\'s own resource group unless said otherwise: a vault can have only one. It must have a system-assigned identity.')
  existingSystemTopic: { name: string, resourceGroup: string? }?
  selection: selection?
}

@export()
@description('A Managed HSM. Its roles are not part of ARM: run infra/scripts/grant-hsm-access.sh. It has no events.')
type hsmSource = {
  kind: 'hsm'
  @minLength(3)
  @maxLength(24)
  hsmName: string
  resourceGroup: string
  subscriptionId: string?
  @description('A name for the security domain: a backup can be restored only to an HSM that shares it.')
  securityDomain: string?
  privateEndpoint: bool?
  selection: selection?
}

@export()
@discriminator('kind')
type source = vaultSource | hsmSource

@export()
@description('The name of a source in log lines and in the blob names of its backups.')
func logName(one source) string =>
  one.kind == 'vault' ? 'vaults/${toLower(one.vaultName)}' : 'managed-hsms/${toLower(one.hsmName)}'

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
  one.kind == 'vault'
    ? union(
        {
          vaultName: one.vaultName
          subscriptionId: one.?subscriptionId ?? deploymentSubscriptionId
          geography: one.?geography ?? regions[?toLower(replace(one.location, ' ', ''))].?geography ?? one.location
        },
        one.?selection ?? {}
      )
    : union(
        { hsmName: one.hsmName },
        contains(one, 'securityDomain') ? { securityDomain: one.securityDomain! } : {},
        one.?selection ?? {}
      )
