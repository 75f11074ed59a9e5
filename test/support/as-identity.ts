import type { LocalIdentity } from '../../local-azure/identity/identities.ts';

/** Clients made inside belong to that identity: a credential reads AZURE_CLIENT_ID when it is made. */
export function as<T>(identity: LocalIdentity, make: () => T): T {
  const before = process.env.AZURE_CLIENT_ID;
  process.env.AZURE_CLIENT_ID = identity.clientId;
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env.AZURE_CLIENT_ID;
    else process.env.AZURE_CLIENT_ID = before;
  }
}
