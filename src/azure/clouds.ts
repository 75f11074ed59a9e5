/**
 * What differs between the national clouds: the hosts of sources, the authority that hands out tokens, and Azure Resource Manager.
 * Newer ones and Azure Stack Hub are reached by the overrides in the settings.
 * https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers
 */
export const clouds = {
  AzureCloud: {
    suffixes: { vault: 'vault.azure.net', managedHsm: 'managedhsm.azure.net' },
    authorityHost: 'https://login.microsoftonline.com',
    resourceManager: 'https://management.azure.com',
  },
  AzureChinaCloud: {
    suffixes: { vault: 'vault.azure.cn', managedHsm: 'managedhsm.azure.cn' },
    authorityHost: 'https://login.chinacloudapi.cn',
    resourceManager: 'https://management.chinacloudapi.cn',
  },
  AzureUSGovernment: {
    suffixes: { vault: 'vault.usgovcloudapi.net', managedHsm: 'managedhsm.usgovcloudapi.net' },
    authorityHost: 'https://login.microsoftonline.us',
    resourceManager: 'https://management.usgovcloudapi.net',
  },
};
