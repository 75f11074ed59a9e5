import { lookup } from 'node:dns/promises';
import type { OperatorServices } from '../../../app/operator-services.ts';
import { describeFailure, failureHeadline } from '../../../escrow/model/failure.ts';
import type { FailureKind } from '../../../escrow/model/failure-kind.ts';
import { isDenied } from '../../../escrow/model/failure-kind.ts';
import { sourceUrl } from '../../../escrow/model/key-id.ts';
import { skipReasonOf } from '../../../escrow/model/selection.ts';
import { ServiceError } from '../../../escrow/model/service-error.ts';
import type { EscrowSource } from '../../../escrow/model/source.ts';
import { describeSource } from '../../../escrow/model/source.ts';
import type { SourceKey } from '../../../escrow/model/source-key.ts';
import { readBackupFormat } from '../../../escrow/records/backup-envelope.ts';
import { showSize } from '../../terminal/figures.ts';
import type { Io } from '../../terminal/io.ts';
import type { Check } from './doctor-check.ts';
import { failed, ok, skipped } from './doctor-check.ts';

/** Name, way, token, list permission and one real backup that is thrown away: the first that fails explains the rest. */
export async function checkSource(source: EscrowSource, io: Io, services: OperatorServices): Promise<Check[]> {
  const subject = describeSource(source);
  const host = new URL(sourceUrl(source, services.settings.suffixes)).hostname;
  const checks = [await checkName(host, subject, io)];
  const found = await firstKey(source, io, services);
  if (!('failure' in found)) {
    checks.push(ok('reach', subject, host), ok('token', subject, 'accepted'), ok('list', subject, found.message));
    checks.push(await checkBackup(source, found.key, io, services));
    return checks;
  }
  return [...checks, found.failure, skipped('backup', subject, 'its keys cannot be listed')];
}

async function checkName(host: string, subject: string, { env }: Io): Promise<Check> {
  if (env.HTTPS_PROXY ?? env.https_proxy)
    return skipped('dns', subject, `${host} is resolved by the proxy (HTTPS_PROXY)`);
  try {
    const { address } = await lookup(host);
    return ok('dns', subject, `${host} is ${address}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fix =
      'Check the name and AZURE_CLOUD; behind a private endpoint, its DNS zone must be linked to this network.';
    return failed('dns', subject, `${host} does not resolve (${code})`, fix);
  }
}

type FirstKey = { readonly key: SourceKey | undefined; readonly message: string } | { readonly failure: Check };

async function firstKey(source: EscrowSource, io: Io, services: OperatorServices): Promise<FirstKey> {
  let seen = 0;
  try {
    for await (const key of services.keysOf(source).listKeys(io.signal)) {
      seen++;
      if (skipReasonOf(source, key) === undefined) return { key, message: 'its keys can be listed' };
    }
    return { key: undefined, message: seen === 0 ? 'it has no keys' : `none of its ${seen} keys is escrowed` };
  } catch (error) {
    if (io.signal.aborted || !(error instanceof ServiceError)) throw error;
    const failure = describeFailure(error, 'list', source);
    return { failure: failed(stageOf(error), describeSource(source), failureHeadline(failure), failure.remedy) };
  }
}

/** What stood in the way: no token, no way to the source, or, once there, no right to list. */
function stageOf({ kind }: ServiceError): string {
  if (tokenKinds.includes(kind)) return 'token';
  return wayKinds.includes(kind) ? 'reach' : 'list';
}

const tokenKinds: readonly FailureKind[] = [
  ...([
    'notSignedIn',
    'identityUnavailable',
    'signInUnavailable',
    'tokenRefused',
    'otherTenant',
    'wrongCloud',
  ] as const),
];
const wayKinds: readonly FailureKind[] = [
  ...(['unreachable', 'untrustedCertificate', 'noAnswer', 'misrouted', 'blockedByFirewall'] as const),
  'privateConnectionOnly',
];

async function checkBackup(
  source: EscrowSource,
  key: SourceKey | undefined,
  io: Io,
  services: OperatorServices,
): Promise<Check> {
  const subject = describeSource(source);
  if (key === undefined) return skipped('backup', subject, 'there is no key to try it with');
  try {
    const bytes = await services.keysOf(source).backUpKey(key.name, io.signal);
    const format = readBackupFormat(bytes);
    return ok(
      'backup',
      subject,
      `key "${key.name}" can be backed up (${showSize(bytes.length)}, ${format}); thrown away`,
    );
  } catch (error) {
    if (io.signal.aborted || !(error instanceof ServiceError)) throw error;
    if (isDenied(error.kind)) {
      return skipped(
        'backup',
        subject,
        'you may not back up, which an operator need not; the app must: run doctor as the app to see',
      );
    }
    const failure = describeFailure(error, 'backUp', source, key.name);
    return failed('backup', subject, failureHeadline(failure), failure.remedy);
  }
}
