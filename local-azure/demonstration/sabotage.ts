import { parseArgs } from 'node:util';
import PQueue from 'p-queue';
import type { OperatorServices } from '../../src/app/operator-services.ts';
import type { PacedSource } from '../../src/escrow/model/source.ts';

const help = `npm run local -- sabotage --vault-name V | --hsm-name H, --name K | --all, [--delete]

Takes a key away, or with --all every key of a vault, as an accident or an attacker would, to see what the escrow says and
to bring it back. Without --delete they are purged as well: gone for good but for their backups.`;

/** Loses keys of the local Azure, through the services' own calls. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'vault-name': { type: 'string' },
      'hsm-name': { type: 'string' },
      name: { type: 'string' },
      all: { type: 'boolean', default: false },
      delete: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  const { 'vault-name': vaultName, 'hsm-name': hsmName, name, all } = values;
  const sourceName = vaultName ?? hsmName;
  if (values.help || sourceName === undefined || all === (name !== undefined)) {
    console.error(help);
    return values.help ? 0 : 2;
  }
  const kind = vaultName === undefined ? 'managedHsm' : 'vault';
  const source = { kind, name: sourceName.toLowerCase(), maxBackupsPerSecond: 100 } as const;
  const names = name === undefined ? await keysOf(source) : [name];
  await loseKeys(source, names, values.delete);
  const what = name === undefined ? `All ${names.length} keys` : `Key "${name}"`;
  const are = name === undefined ? 'are' : 'is';
  console.error(`${what} of ${sourceName} ${are} ${values.delete ? 'soft-deleted' : 'deleted and purged'}.`);
  return 0;
}

/** Loaded only when there is something to lose: what is said of a wrong argument comes at once. */
async function operatorServices(): Promise<OperatorServices> {
  const { createOperatorServices } = await import('../../src/app/operator-services.ts');
  const { readSettings } = await import('../../src/app/settings.ts');
  return createOperatorServices(readSettings(process.env));
}

/** A certificate's key goes with its certificate only. */
async function keysOf(source: PacedSource): Promise<string[]> {
  const services = await operatorServices();
  const names: string[] = [];
  for await (const key of services.keysOf(source).listKeys(AbortSignal.timeout(60_000))) {
    if (!key.certificateBacked) names.push(key.name);
  }
  return names;
}

async function loseKeys(source: PacedSource, names: readonly string[], isDeleteOnly: boolean): Promise<void> {
  const operator = (await operatorServices()).operatorOf(source);
  const until = AbortSignal.timeout(120_000);
  const lose = (name: string) => async () => {
    if ((await operator.findKey(name, until)) !== undefined) await operator.deleteKey(name, until);
    if (!isDeleteOnly) await operator.purgeKey(name, until);
  };
  await new PQueue({ concurrency: 8 }).addAll(names.map(lose));
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
