import type { TokenCredential } from '@azure/identity';
import { DefaultAzureCredential } from '@azure/identity';

/**
 * The identity of this process: the managed identity in Azure, `az login` at a desk. Make it once: it caches its tokens.
 * It reads AZURE_CLIENT_ID, AZURE_TOKEN_CREDENTIALS and the like from the environment by itself.
 */
export function createCredential(authorityHost: string): TokenCredential {
  return new DefaultAzureCredential({ authorityHost });
}
