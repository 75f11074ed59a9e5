import { parseArgs } from 'node:util';
import { createOperatorServices } from '../../src/app/operator-services.ts';
import { readSettings } from '../../src/app/settings.ts';

const help = `npm run local -- sabotage --vault-name V | --hsm-name H --name K [--delete]

Takes a key away, as an accident or an attacker would, to see what the escrow says and to bring it back.
Without --delete it is purged as well: gone for good but for its backups.`;

/** Loses a key of the local Azure, through the services' own calls. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'vault-name': { type: 'string' },
      'hsm-name': { type: 'string' },
      name: { type: 'string' },
      delete: { type: 'boolean' },
      purge: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const { 'vault-name': vaultName, 'hsm-name': hsmName, name } = values;
  const sourceName = vaultName ?? hsmName;
  if (values.help || sourceName === undefined || name === undefined) {
    console.error(help);
    return values.help ? 0 : 2;
  }
  const kind = vaultName === undefined ? 'managedHsm' : 'vault';
  const services = createOperatorServices(readSettings(process.env));
  const operator = services.operatorOf({ kind, name: sourceName.toLowerCase(), maxBackupsPerSecond: 10 });
  const until = AbortSignal.timeout(60_000);
  const isThere = (await operator.findKey(name, until)) !== undefined;
  if (isThere) await operator.deleteKey(name, until);
  if (!values.delete) await operator.purgeKey(name, until);
  console.error(`Key "${name}" of ${sourceName} is ${values.delete ? 'soft-deleted' : 'deleted and purged'}.`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
