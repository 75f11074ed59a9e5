import { Option } from '@commander-js/extra-typings';
import { awaitRequest } from '../../app/await-request.ts';
import { enqueueRequest, type RequestMessage } from '../../app/enqueue-request.ts';
import { UsageFault } from '../../app/usage-fault.ts';
import type { Cli } from '../cli.ts';
import { parseDuration } from '../options/instants.ts';
import { withSource } from '../options/source-options.ts';
import { exitCodes } from '../terminal/io.ts';
import { print, printJson, say } from '../terminal/print.ts';

const about = {
  summary: 'ask the app to back up one key, one source or all',
  description:
    'Puts one message on the on-demand queue and prints where the record will be. With --wait it follows the request to its record, or to its refusal (exit code 1). You may name a key that the selection excludes. The key is looked up first where you may read keys; nothing is sent (exit code 2) when it does not exist.',
  examples: [
    'enqueue --vault-name contoso-prod --name signing --wait',
    'enqueue --hsm-name contoso-hsm --name payments',
    'enqueue --id https://contoso-prod.vault.azure.net/keys/signing',
    'enqueue --vault-name contoso-prod --name signing --blob-name before-rotation/signing.keybackup',
    'enqueue --all',
  ],
};

const defaultTimeoutMs = 30 * 60_000;

export function addEnqueue(cli: Cli) {
  return withSource(cli.command('enqueue', about))
    .option('--name <KEY>', 'one key of the source; every selected key without it')
    .addOption(
      new Option(
        '--id <URL>',
        'one key by its identifier; a version in it is accepted, the backup holds all',
      ).conflicts(['vaultName', 'hsmName', 'name']),
    )
    .addOption(
      new Option('--all', 'every selected key of every source').conflicts([
        'vaultName',
        'hsmName',
        'name',
        'id',
        'blobName',
      ]),
    )
    .option('--blob-name <NAME>', 'where the record of one key goes, under named/, instead of its usual name')
    .option('--force', 'replace what is there, where the app may (as deployed it may not)')
    .addOption(new Option('--what-if', 'the app only logs what it would do').conflicts('wait'))
    .option('--wait', 'follow the request until it is carried out or refused')
    .option('--timeout <TIME>', 'how long to wait at most, as 10min (the default is 30min)', (text) =>
      parseDuration(text, 'timeout'),
    )
    .action(
      cli.action(async (values, io, task) => {
        const message = readMessage(values);
        const sent = await enqueueRequest(message, task);
        const { messageId, insertedAt, runId, blobName, prefix } = sent;
        const result = { messageId, insertedAt, runId, blobName, prefix, message };
        if (!values.json) {
          say(io, `Enqueued message ${messageId} as run ${runId}.`);
          await print(io, `${values.whatIf ? 'It will only be logged: ' : ''}${blobName ?? prefix}`);
        }
        if (!values.wait) {
          if (values.json) await printJson(io, result);
          return exitCodes.done;
        }
        const end = await awaitRequest(sent, values.timeout ?? defaultTimeoutMs, task);
        if (values.json) await printJson(io, { ...result, outcome: end });
        else say(io, end.message);
        if (end.status === 'done') return exitCodes.done;
        return end.status === 'incomplete' ? exitCodes.findings : exitCodes.failed;
      }),
    );
}

function readMessage({ vaultName, hsmName, name, id, all, blobName, force, whatIf }: RequestMessage): RequestMessage {
  const isSource = vaultName !== undefined || hsmName !== undefined;
  if (!isSource && id === undefined && all === undefined) {
    const remedy = 'Pass --vault-name or --hsm-name (with --name for one key), --id, or --all.';
    throw new UsageFault('Back up what?', remedy);
  }
  if (blobName !== undefined && name === undefined && id === undefined) {
    throw new UsageFault('--blob-name is for one key', 'Pass --name or --id with it.');
  }
  return { vaultName, hsmName, name, id, all, blobName, force, whatIf };
}
