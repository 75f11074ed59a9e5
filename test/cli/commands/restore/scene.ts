import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { LocalSource } from '../../../../local-azure/key-vault/local-source.ts';
import { type CliOptions, type CliRun, runCommand } from '../../../support/cli.ts';
import { escrowSettings } from '../../../support/escrow-place.ts';
import { startTestAzure, type TestAzure } from '../../../support/local-azure.ts';
import { runAsApp, runAudit } from '../../../support/nightly.ts';

const europe = { subscriptionId: '00000000-0000-0000-0000-00000000c0de', geography: 'europe' };

/** An estate with last night's backups, and vaults to restore to, which are empty before each test. */
export interface RestoreScene {
  readonly azure: TestAzure;
  /** Of one test file, for receipts and downloads. */
  readonly folder: string;
  cli(line: string, options?: CliOptions): Promise<CliRun>;
  vault(name: string): LocalSource;
  versionIds(vaultName: string, key: string): string[];
}

/** Its members are there once the tests run. */
export function setRestoreScene(): RestoreScene {
  let azure: TestAzure;
  let env: Record<string, string>;
  let folder: string;
  const vault = (name: string): LocalSource => {
    const source = azure.keyVault.source('vault', name) ?? azure.keyVault.source('managedHsm', name);
    if (source === undefined) throw new Error(`no source ${name}`);
    return source;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'escrow-restore-'));
    azure = await startTestAzure({
      sources: [
        { kind: 'vault', name: 'contoso-prod', ...europe },
        { kind: 'vault', name: 'contoso-dr', ...europe },
        { kind: 'vault', name: 'contoso-us', ...europe, geography: 'us' },
        { kind: 'managedHsm', name: 'contoso-hsm', securityDomain: 'one' },
        { kind: 'managedHsm', name: 'other-hsm', securityDomain: 'two' },
      ],
    });
    env = escrowSettings(azure, [
      { vaultName: 'contoso-prod', ...europe },
      { hsmName: 'contoso-hsm', securityDomain: 'one' },
    ]);
    vault('contoso-prod').addKey({ name: 'signing', versions: 3, tags: { owner: 'platform' } });
    vault('contoso-prod').addKey({ name: 'Payroll' });
    vault('contoso-prod').addKey({ name: 'www-cert', managed: true });
    for (let tenant = 10; tenant < 30; tenant++) vault('contoso-prod').addKey({ name: `tenant-${tenant}` });
    vault('contoso-hsm').addKey({ name: 'payments', versions: 2 });
    const runs = await runAsApp(azure, env);
    expect(runs.every(({ status }) => status === 'ok')).toBe(true);
    // Until every key has had its turn to be looked at.
    for (let audits = 0; audits < 6; audits++) await runAudit(azure, env);
  });

  beforeEach(() => {
    azure.keyVault.faults.clear();
    for (const name of ['contoso-dr', 'contoso-us', 'other-hsm']) {
      for (const key of [...vault(name).keyNames(), ...vault(name).deletedKeyNames()]) vault(name).purgeKey(key);
    }
  });

  afterAll(async () => {
    await azure.stop();
    await rm(folder, { recursive: true, force: true });
  });

  return {
    get azure() {
      return azure;
    },
    get folder() {
      return folder;
    },
    cli: (line, options = {}) => runCommand(azure, line, { env, ...options }),
    vault,
    versionIds: (vaultName, key) =>
      vault(vaultName)
        .versions(key)
        .map(({ id }) => id),
  };
}
