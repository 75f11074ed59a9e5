// The outputs for people: command lines for roles, locks and removal, for all that was deployed.
import { deleteAssignmentLine, hsmRoleLine, lockPolicyLine, roleLine } from 'commands.bicep'
import { containerGrant, escrowContainers } from 'container-grants.bicep'
import { roleIdOf } from 'role-definitions.bicep'
import { resourceIdOf, source, topicIdOf } from 'sources.bicep'

@export()
@description('Where everything is.')
type deployedPlaces = {
  escrowName: string
  @description('The subscription that is deployed to.')
  here: string
  resourceGroupName: string
  escrowSubscriptionId: string
  escrowResourceGroupName: string
  escrowAccountName: string
  containerNames: escrowContainers
  @description('The account with the on-demand queue.')
  hostAccountId: string
  queueName: string
  vaults: source[]
  hsmNames: string[]
}

func escrowAccountIdOf(at deployedPlaces) string =>
  resourceId(at.escrowSubscriptionId, at.escrowResourceGroupName, 'Microsoft.Storage/storageAccounts', at.escrowAccountName)

func containerIdOf(at deployedPlaces, name string) string =>
  '${escrowAccountIdOf(at)}/blobServices/default/containers/${name}'

func subscriptionOf(vault source, at deployedPlaces) string => vault.?subscriptionId ?? at.here

func vaultRoleLine(vault source, at deployedPlaces, role 'auditor' | 'restoreOperator') string =>
  roleLine(roleIdOf(subscriptionOf(vault, at), at.here, at.escrowName, role), resourceIdOf(vault, at.here))

func escrowRoleLine(at deployedPlaces, role 'auditor' | 'restoreOperator' | 'storageReader') string =>
  roleLine(roleIdOf(at.escrowSubscriptionId, at.here, at.escrowName, role), escrowAccountIdOf(at))

@export()
type roleLines = {
  auditor: string[]
  restoreOperator: string[]
  drillOperator: string[]
  requester: string[]
}

@export()
@description('Lines that give people their roles, by role.')
func roleCommandsOf(at deployedPlaces) roleLines => {
  auditor: concat(
    [escrowRoleLine(at, 'auditor'), escrowRoleLine(at, 'storageReader')],
    map(at.vaults, one => vaultRoleLine(one, at, 'auditor')),
    map(at.hsmNames, name => hsmRoleLine('Managed HSM Crypto Auditor', name))
  )
  restoreOperator: concat(
    [escrowRoleLine(at, 'restoreOperator')],
    map(at.vaults, one => vaultRoleLine(one, at, 'restoreOperator'))
  )
  drillOperator: concat(
    [
      escrowRoleLine(at, 'auditor')
      roleLine(roleIdOf(at.escrowSubscriptionId, at.here, at.escrowName, 'drillOperator'), containerIdOf(at, at.containerNames.drills))
    ],
    map(union(map(at.vaults, one => toLower(subscriptionOf(one, at))), []), id =>
      roleLine(roleIdOf(id, at.here, at.escrowName, 'drillOperator'), resourceId(id, '<group of the drill vault>', 'Microsoft.KeyVault/vaults', '<drill vault>')))
  )
  requester: concat(
    [roleLine('Storage Queue Data Message Sender', '${at.hostAccountId}/queueServices/default/queues/${at.queueName}')],
    map([at.queueName, '${at.queueName}-poison'], name =>
      roleLine('Storage Queue Data Reader', '${at.hostAccountId}/queueServices/default/queues/${name}'))
  )
}

@export()
@description('Lines that give the apps their roles on each Managed HSM. @param audit empty: one app does both.')
func hsmCommandsOf(at deployedPlaces, backup string, audit string) string[] =>
  map(at.hsmNames, name =>
    'infra/scripts/grant-hsm-access.sh --hsm-name ${name} --principal-id ${backup}${empty(audit) ? '' : ' --audit-principal-id ${audit}'}')

@export()
@description('Lines that lock the immutability policies, for ever.')
func lockCommandsOf(at deployedPlaces) string[] =>
  map([at.containerNames.backups, at.containerNames.audits, at.containerNames.drills], name =>
    lockPolicyLine({
      subscriptionId: at.escrowSubscriptionId
      resourceGroup: at.escrowResourceGroupName
      accountName: at.escrowAccountName
      containerName: name
    }))

@export()
@description('What has to be taken away by hand, because it is outside of the app\'s group.')
type removable = {
  backupPrincipalId: string
  auditPrincipalId: string
  separateAudit: bool
  containerGrants: containerGrant[]
  eventVaults: source[]
  resourceLock: bool
  @description('The endpoint to the escrow account, where there is one.')
  escrowEndpointIds: string[]
  @description('Other endpoints that do not go with the app\'s group.')
  outlyingEndpointIds: string[]
}

func removeEndpointLines(ids string[]) string[] => map(ids, id => 'az network private-endpoint delete --ids "${id}"')

func removeVaultAccessLine(vault source, at deployedPlaces, principalId string, role 'vaultBackup' | 'auditor') string =>
  (vault.?accessModel ?? 'rbac') == 'rbac'
    ? deleteAssignmentLine(resourceIdOf(vault, at.here), principalId, roleIdOf(subscriptionOf(vault, at), at.here, at.escrowName, role))
    : 'az keyvault delete-policy --subscription "${subscriptionOf(vault, at)}" --name "${vault.vaultName!}" --object-id "${principalId}"'

@export()
@description('Lines that remove everything but the escrow, in this order.')
func removalCommandsOf(at deployedPlaces, what removable) string[] =>
  concat(
    ['# Events and rights on the sources'],
    map(what.eventVaults, one => 'az resource delete --ids "${topicIdOf(one, at.here)}/eventSubscriptions/key-escrow-${at.escrowName}"'),
    flatten(map(at.vaults, one =>
      concat(
        [removeVaultAccessLine(one, at, what.backupPrincipalId, 'vaultBackup')],
        what.separateAudit ? [removeVaultAccessLine(one, at, what.auditPrincipalId, 'auditor')] : []
      ))),
    flatten(map(at.hsmNames, name => map(union([what.backupPrincipalId], [what.auditPrincipalId]), id =>
      'az keyvault role assignment delete --hsm-name "${name}" --scope /keys --assignee "${id}"'))),
    ['# The escrow account: unlock it, take the network and the rights away, lock it again'],
    what.resourceLock ? ['az lock delete --ids "${escrowAccountIdOf(at)}/providers/Microsoft.Authorization/locks/key-escrow"'] : [],
    removeEndpointLines(what.escrowEndpointIds),
    map(what.containerGrants, grant => deleteAssignmentLine(containerIdOf(at, grant.containerName), grant.principalId, grant.roleDefinitionId)),
    [deleteAssignmentLine(escrowAccountIdOf(at), what.auditPrincipalId, roleIdOf(at.escrowSubscriptionId, at.here, at.escrowName, 'storageReader'))],
    what.resourceLock ? ['az lock create --name key-escrow --lock-type CanNotDelete --resource "${escrowAccountIdOf(at)}"'] : [],
    ['# Everything else'],
    removeEndpointLines(what.outlyingEndpointIds),
    ['az group delete --subscription "${at.here}" --name "${at.resourceGroupName}"']
  )
