/** `/subscriptions/…/resourceGroups/…/providers/Microsoft.Storage/storageAccounts/<account>`. */
const accountIdPattern =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]{1,90}\/providers\/Microsoft\.Storage\/storageAccounts\/([a-z0-9]{3,24})$/i;

/** The account's name in a resource id; undefined for what is none of a storage account. */
export function accountNameOf(resourceId: string): string | undefined {
  return accountIdPattern.exec(resourceId)?.[1]?.toLowerCase();
}
