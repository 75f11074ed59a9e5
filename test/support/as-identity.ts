import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { Services } from '../../src/app/services.ts';
import type { Clock } from '../../src/azure/http/clock.ts';

/** Clients made inside belong to that identity: a credential reads AZURE_CLIENT_ID when it is made. */
export function as<T>(identity: Pick<LocalIdentity, 'clientId'>, make: () => T): T {
  const before = process.env.AZURE_CLIENT_ID;
  process.env.AZURE_CLIENT_ID = identity.clientId;
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env.AZURE_CLIENT_ID;
    else process.env.AZURE_CLIENT_ID = before;
  }
}

/** The product's services under that identity. Its import comes late: connections look at the environment when they are loaded. */
export async function servicesAs(
  identity: Pick<LocalIdentity, 'clientId'>,
  env: Readonly<Record<string, string | undefined>>,
  clock?: Clock,
): Promise<Services> {
  const { createServices } = await import('../../src/app/services.ts');
  const { readSettings } = await import('../../src/app/settings.ts');
  return as(identity, () => createServices(readSettings(env), clock));
}
