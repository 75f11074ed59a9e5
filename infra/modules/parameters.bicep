// What main.bicep takes as objects.

@export()
type escrowPlace = {
  @description('Another subscription for the escrow account. Same owner, same blast radius: it protects from a subscription that is cancelled or deleted, not from the people or the tenant that own both.')
  subscriptionId: string?
  @description('Resource group of the escrow account. Default: "<resourceGroupName>-escrow". It is made, or must be in `location` already. Never the app\'s: that one can be deleted.')
  resourceGroupName: string?
  @description('Region of the escrow account. Default: the deployment\'s.')
  location: string?
  @description('Redundancy. Default: the most durable that the region offers, Standard_RAGZRS where it can be had.')
  sku: ('Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_RAGRS' | 'Standard_GZRS' | 'Standard_RAGZRS')?
  @description('Container of the backups; audits and drills lie in two more, named as it with "-audits" and "-drills".')
  @minLength(3)
  @maxLength(56)
  containerName: string?
  @description('Days for which a backup cannot be changed or deleted. Default 365.')
  @minValue(1)
  @maxValue(146000)
  immutabilityDays: int?
  @description('Set to true after a person has locked the policies (docs/deploy.md).')
  immutabilityLocked: bool?
  @description('Days for which deleted blobs and containers can be brought back. Default 90.')
  @minValue(7)
  @maxValue(365)
  softDeleteDays: int?
  @description('A CanNotDelete lock on the account. Default true.')
  resourceLock: bool?
}

@export()
type alarmSettings = {
  emails: string[]?
  @description('An action group to use instead of making one.')
  actionGroupId: string?
  @description('The workspace to which the escrowed vaults send their audit logs. With it: an alarm on backup and restore by anybody else.')
  vaultLogsWorkspaceId: string?
}
