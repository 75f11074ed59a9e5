import { parseArgs } from 'node:util';
import { NoOutputs, readOutputs } from './outputs.ts';

/**
 * `npm run -s infra:commands -- WHAT`: prints the command lines that the deployment put out, with its own names in them, to read and
 * to paste. It runs none of them.
 */
const kinds = {
  hsm: 'let the apps into each Managed HSM',
  auditor: 'let a person or pipeline see keys, backups and audits',
  restoreOperator: 'let a person restore keys',
  drillOperator: 'let a person or pipeline run restore drills',
  requester: 'let a person or pipeline ask for backups',
  lock: 'lock the immutability policies, for ever',
  remove: 'remove everything but the escrow',
} as const;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { deployment: { type: 'string' } } });
const [kind = ''] = positionals;
if (!(kind in kinds) || positionals.length > 1) {
  const list = Object.entries(kinds).map(([name, purpose]) => `  ${name.padEnd(16)} ${purpose}`);
  process.stderr.write(`Which lines?\n${list.join('\n')}\n`);
  process.exit(2);
}

try {
  const { hsmCommands, roleCommands, lockCommands, removalCommands } = readOutputs(values.deployment, process.env) as {
    hsmCommands: string[];
    roleCommands: Record<string, string[]>;
    lockCommands: string[];
    removalCommands: string[];
  };
  const ofRole = roleCommands[kind];
  const lines = { hsm: hsmCommands, lock: lockCommands, remove: removalCommands }[kind] ?? [
    '# Whose: a person; for a pipeline, the object id of its service principal',
    'WHO=$(az ad signed-in-user show --query id --output tsv)',
    ...(ofRole ?? []),
  ];
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
} catch (error) {
  if (!(error instanceof NoOutputs)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
