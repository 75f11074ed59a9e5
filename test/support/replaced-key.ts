import { expect } from 'vitest';
import type { LocalSource } from '../../local-azure/key-vault/local-source.ts';
import type { SeenBlob } from './container-view.ts';

/** Purges a key and makes another one under its name, as a Terraform destroy and apply does, in a later second than its record. */
export async function replaceKey(source: LocalSource, name: string, record: SeenBlob | undefined): Promise<void> {
  const replace = () => {
    source.purgeKey(name);
    source.addKey({ name });
    return (source.versions(name)[0]?.attributes.updated ?? 0) * 1000;
  };
  await expect.poll(replace).toBeGreaterThan(Date.parse(record?.metadata.backedupat ?? ''));
}
