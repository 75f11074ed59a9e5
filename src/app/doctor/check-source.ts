import { lookup } from 'node:dns/promises';
import { describeFailure, failureHeadline } from '../../escrow/model/failure.ts';
import type { FailureKind } from '../../escrow/model/failure-kind.ts';
import { isDenied } from '../../escrow/model/failure-kind.ts';
import { sourceUrl } from '../../escrow/model/key-id.ts';
import { skipReasonOf } from '../../escrow/model/selection.ts';
import { ServiceError } from '../../escrow/model/service-error.ts';
import type { EscrowSource } from '../../escrow/model/source.ts';
import { describeSource } from '../../escrow/model/source.ts';
import type { SourceKey } from '../../escrow/model/source-key.ts';
import { readBackupFormat } from '../../escrow/records/backup-envelope.ts';
import type { Task } from '../task.ts';
import type { Check, CheckedSubject } from './check.ts';
import { failed, notChecked, ok } from './check.ts';

/** What stands between a person and the first key of a source, in this order. */
type Stage = 'reach' | 'token' | 'list';

const stages: readonly Stage[] = ['reach', 'token', 'list'];

/** Name, way, token, list permission and one real backup that is thrown away: the first that fails explains the rest. */
export async function checkSource(source: EscrowSource, task: Task, hasProxy: boolean): Promise<CheckedSubject> {
  const host = new URL(sourceUrl(source, task.services.settings.suffixes)).hostname;
  const checks = [await checkName(host, hasProxy)];
  const found = await findFirstKey(source, task);
  const isPassed = (stage: Stage): boolean =>
    !('stage' in found) || stages.indexOf(stage) < stages.indexOf(found.stage);
  if (isPassed('reach')) checks.push(ok('reach', host));
  if (isPassed('token')) checks.push(ok('token', 'accepted'));
  if ('stage' in found) {
    checks.push(failed(found.stage, found.message, found.remedy));
    for (const stage of stages.slice(stages.indexOf(found.stage) + 1))
      checks.push(notChecked(stage, `see ${found.stage}`));
    checks.push(notChecked('backup', `see ${found.stage}`));
  } else {
    checks.push(ok('list', found.message), await checkBackup(source, found.key, task));
  }
  const { kind, name } = source;
  return { subject: describeSource(source), source: { kind, name }, checks };
}

async function checkName(host: string, hasProxy: boolean): Promise<Check> {
  if (hasProxy) return notChecked('dns', 'the proxy resolves its name (HTTPS_PROXY)');
  try {
    const { address } = await lookup(host);
    return ok('dns', `${host} is ${address}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const remedy =
      'Check the name and AZURE_CLOUD; behind a private endpoint, its DNS zone must be linked to this network.';
    return failed('dns', `${host} does not resolve (${code})`, remedy);
  }
}

type FirstKey =
  | { readonly key: SourceKey | undefined; readonly message: string }
  | { readonly stage: Stage; readonly message: string; readonly remedy: string };

async function findFirstKey(source: EscrowSource, { services, signal }: Task): Promise<FirstKey> {
  let seen = 0;
  try {
    for await (const key of services.keysOf(source).listKeys(signal)) {
      seen++;
      if (skipReasonOf(source, key) === undefined) return { key, message: 'its keys can be listed' };
    }
    if (seen === 0) return { key: undefined, message: 'it has no keys' };
    return {
      key: undefined,
      message: seen === 1 ? 'its only key is not escrowed' : `none of its ${seen} keys is escrowed`,
    };
  } catch (error) {
    if (signal.aborted || !(error instanceof ServiceError)) throw error;
    const failure = describeFailure(error, 'list', source);
    return { stage: stageOf(error), message: failureHeadline(failure), remedy: failure.remedy };
  }
}

/** What stood in the way: no way to the source, no token, or, once there, no right to list. */
function stageOf({ kind }: ServiceError): Stage {
  if (tokenKinds.has(kind)) return 'token';
  return wayKinds.has(kind) ? 'reach' : 'list';
}

const tokenKinds: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'notSignedIn',
  'identityUnavailable',
  'signInUnavailable',
  'tokenRefused',
  'otherTenant',
  'wrongCloud',
]);
const wayKinds: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'unreachable',
  'blockedByProxy',
  'gatewayUnavailable',
  'untrustedCertificate',
  'noAnswer',
  'misrouted',
  'blockedByFirewall',
  'privateConnectionOnly',
]);

async function checkBackup(source: EscrowSource, key: SourceKey | undefined, task: Task): Promise<Check> {
  if (key === undefined) return notChecked('backup', 'there is no key to try it with');
  try {
    const { bytes } = await task.services.keysOf(source).backUpKey(key.name, task.signal);
    const what = `${bytes.length} bytes, ${readBackupFormat(bytes)}`;
    return ok('backup', `key "${key.name}" can be backed up (${what}); thrown away`);
  } catch (error) {
    if (task.signal.aborted || !(error instanceof ServiceError)) throw error;
    if (isDenied(error.kind)) {
      const remedy = 'A fresh record of a key proves that the app can back up: `keyvault-escrow status`.';
      return notChecked('backup', 'your role cannot back up (normal for an operator)', remedy);
    }
    const failure = describeFailure(error, 'backUp', source, key.name);
    return failed('backup', failureHeadline(failure), failure.remedy);
  }
}
