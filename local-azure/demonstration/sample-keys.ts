import type { EscrowSource } from '../../src/escrow/model/source.ts';
import { isLiteral } from '../../src/escrow/model/wildcard.ts';
import type { AddKeyOptions, LocalSource } from '../key-vault/local-source.ts';

const day = 24 * 60 * 60 * 1000;

/** Keys as a real estate has them: several versions, disabled, expired, certificate-backed, more than one page. */
export function addSampleKeys(local: LocalSource, source: EscrowSource, isFirst: boolean): void {
  const taken = new Set<string>();
  const add = (key: AddKeyOptions): void => {
    if (taken.has(key.name.toLowerCase())) return;
    taken.add(key.name.toLowerCase());
    local.addKey(key);
  };
  if (local.kind === 'managedHsm') {
    add({ name: 'payments', kty: 'EC-HSM', versions: 3, tags: { owner: 'treasury' } });
    add({ name: 'data-at-rest', kty: 'oct-HSM', versions: 2 });
    add({ name: 'root-2025', kty: 'RSA-HSM', enabled: false });
    for (const region of ['north', 'south', 'west']) add({ name: `ledger-${region}`, kty: 'EC-HSM' });
  } else {
    add({ name: 'signing', kty: 'RSA', versions: 3, tags: { owner: 'platform' } });
    add({ name: 'Payroll', versions: 2 });
    add({ name: 'token-2024', expiresOn: new Date(Date.now() - 90 * day) });
    add({ name: 'paused', enabled: false });
    add({ name: 'www-contoso-com', kty: 'RSA', managed: true });
    if (isFirst) {
      for (let tenant = 1; tenant <= 24; tenant++) {
        add({ name: `tenant-${String(tenant).padStart(2, '0')}`, versions: 1 + (tenant % 3) });
      }
    }
  }
  for (const name of source.keys.filter(isLiteral)) add({ name });
  // One key behind every pattern that skips, so that what is skipped, and why, can be seen.
  for (const pattern of [...source.except, ...source.retired]) add({ name: pattern.replace(/[*?]/g, '1') });
}
