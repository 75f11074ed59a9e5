import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { NoOutputs, readOutputs } from './outputs.ts';

/**
 * `npm run infra:settings`, and azd's hook after it provisioned: writes escrow.settings.json, which the command line finds by
 * itself, and says what to do next. It holds no secret: names and addresses.
 */
const { values } = parseArgs({ options: { deployment: { type: 'string' } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const file = 'escrow.settings.json';

try {
  const outputs = readOutputs(values.deployment, process.env);
  const settings = outputs.commandLineSettings as Record<string, string>;
  writeFileSync(file, `${JSON.stringify({ Values: settings }, null, 2)}\n`);
  const more = values.deployment === undefined ? '' : ` --deployment ${values.deployment}`;
  say(`Wrote ${file}: the command line reads it when it is started here.`);
  say(`  escrow ${settings.ESCROW_CONTAINER_URL}`);
  say('Next (docs/deploy.md):');
  if ((outputs.hsmCommands as string[]).length > 0) say(`  npm run -s infra:commands -- hsm${more}`);
  say(`  npm run -s infra:commands -- auditor${more}`);
  say(`  npm run -s infra:commands -- requester${more}`);
  say('  npm run escrow -- doctor');
} catch (error) {
  if (!(error instanceof NoOutputs)) throw error;
  process.stderr.write(`${file} was not written. ${error.message}\n`);
  process.exitCode = 1;
}
