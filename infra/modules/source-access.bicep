// The roles of the product, wherever one is assigned, and what the identities may do on each vault.
targetScope = 'subscription'

import { resourceIdOf, source } from 'sources.bicep'

param escrowName string
param escrowSubscriptionId string
param vaults source[]
param backupPrincipalId string
param auditPrincipalId string
param separateAudit bool

var here = subscription().subscriptionId

// Every subscription in which a role is assigned, once, lower-case so that a spelling is no second subscription.
var roleSubscriptionIds = union(
  [toLower(here), toLower(escrowSubscriptionId)],
  map(vaults, one => toLower(one.?subscriptionId ?? here))
)

module roles 'role-definitions.bicep' = [
  for id in roleSubscriptionIds: {
    scope: subscription(id)
    params: {
      escrowName: escrowName
      escrowSubscriptionId: here
    }
  }
]

module vaultAccess 'vault-access.bicep' = [
  for vault in vaults: {
    scope: resourceGroup(vault.?subscriptionId ?? here, vault.resourceGroup)
    dependsOn: [roles]
    params: {
      vaultName: vault.vaultName!
      vaultId: resourceIdOf(vault, here)
      accessModel: vault.?accessModel ?? 'rbac'
      escrowName: escrowName
      escrowSubscriptionId: here
      backupPrincipalId: backupPrincipalId
      auditPrincipalId: auditPrincipalId
      separateAudit: separateAudit
    }
  }
]
