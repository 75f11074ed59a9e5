import { Option } from '@commander-js/extra-typings';
import { requestRunId } from '../../escrow/model/run-id.ts';
import { sourcePath } from '../../escrow/model/source-path.ts';
import { recordName, runPrefix } from '../../escrow/records/blob-names.ts';
import type { EscrowRequest } from '../../escrow/request/request.ts';
import { parseRequest } from '../../escrow/request/request.ts';
import type { Cli } from '../cli.ts';
import { parseDuration } from '../options/instants.ts';
import { lookForKey } from '../options/key-look.ts';
import { hsmName, vaultName } from '../options/source-options.ts';
import { exitCodes } from '../terminal/errors.ts';
import { print, printJson, say } from '../terminal/print.ts';
import { waitForRequest } from './request-wait.ts';

/** Puts the on-demand message; the app's identity backs up. Checked here first: the message by the app's own parser, the key by a look. */
const about = {
  summary: 'ask the app to back up one key, one source or all',
  description:
    'Puts one message on the on-demand queue and prints where the record will be. With --wait it follows the request to its record, or to its refusal (exit code 1). A key may be asked for by name even if the selection excludes it; it is looked for first where you may read keys, and nothing is sent (exit code 2) when it is not there.',
  examples: [
    'enqueue --vault-name contoso-prod --name signing --wait',
    'enqueue --hsm-name contoso-hsm --name payments',
    'enqueue --id https://contoso-prod.vault.azure.net/keys/signing',
    'enqueue --vault-name contoso-prod --name signing --blob-name before-rotation/signing.keybackup',
    'enqueue --all',
  ],
};

export function addEnqueue(cli: Cli) {
  return cli
    .command('enqueue', about)
    .addOption(vaultName)
    .addOption(hsmName)
    .option('--name <KEY>', 'one key of the source; every selected key without it')
    .option('--id <URL>', 'one key by its identifier; a version in it is accepted, the backup holds all')
    .option('--all', 'every selected key of every source')
    .option('--blob-name <NAME>', 'where the record of one key goes instead of its usual name')
    .option('--force', 'replace what is there, where the app may (as deployed it may not)')
    .addOption(new Option('--what-if', 'the app only logs what it would do').conflicts('wait'))
    .option('--wait', 'follow the request until it is carried out or refused')
    .option('--timeout <TIME>', 'how long to wait at most, as 10min (the default is 30min)', (text) =>
      parseDuration(text, 'timeout'),
    )
    .action(
      cli.action(async (values, io, services) => {
        const { whatIf, timeout: timeoutMs = 30 * 60_000 } = values;
        const message = {
          ...(values.vaultName !== undefined && { vaultName: values.vaultName }),
          ...(values.hsmName !== undefined && { hsmName: values.hsmName }),
          ...(values.name !== undefined && { name: values.name }),
          ...(values.id !== undefined && { id: values.id }),
          ...(values.all && { all: true }),
          ...(values.blobName !== undefined && { blobName: values.blobName }),
          ...(values.force && { force: true }),
          ...(whatIf && { whatIf: true }),
        };
        const { sources, suffixes } = services.settings;
        const request = parseRequest(message, { sources, suffixes, now: services.now() });
        const key = request.scope === 'key' ? await lookForKey(request.source, request.name, io, services) : undefined;
        const sent = await services.requests.send(message, io.signal);
        const runId = requestRunId(sent.insertedAt, sent.messageId);
        const place = placeOf(request, runId);
        const result = {
          messageId: sent.messageId,
          insertedAt: sent.insertedAt.toISOString(),
          runId,
          ...place,
          message,
        };
        if (!values.json) {
          say(io, `Enqueued message ${sent.messageId} as run ${runId}.`);
          await print(
            io,
            whatIf ? `It will only be logged: ${place.blobName ?? place.prefix}` : (place.blobName ?? place.prefix),
          );
        }
        if (!values.wait) {
          if (values.json) await printJson(io, result);
          return exitCodes.done;
        }
        const ended = await waitForRequest({ request, key, runId, ...sent, ...place, timeoutMs }, io, services);
        if (values.json) await printJson(io, { ...result, outcome: ended });
        else say(io, ended.message);
        if (ended.status === 'done') return exitCodes.done;
        return ended.status === 'incomplete' ? exitCodes.findings : exitCodes.failed;
      }),
    );
}

function placeOf(request: EscrowRequest, runId: string): { blobName?: string; prefix: string } {
  if (request.scope !== 'key') return { prefix: runPrefix(runId) };
  const blobName = request.blobName ?? recordName(request.source, request.name, runId);
  return { blobName, prefix: `${sourcePath(request.source)}/` };
}
