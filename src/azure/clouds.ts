import type { SourceSuffixes } from '../escrow/model/key-id.ts';

/** What differs between the national clouds. Newer ones and Azure Stack Hub are reached by the overrides in the settings. */
export interface Cloud {
  readonly suffixes: SourceSuffixes;
  /** The authority that hands out tokens. */
  readonly authorityHost: string;
  /** Azure Resource Manager: what there is, not what is in it. */
  readonly resourceManager: string;
}

/** https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers */
export const clouds: Readonly<Record<string, Cloud>> = {
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
