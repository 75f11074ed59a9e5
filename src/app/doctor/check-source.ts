import { lookup } from 'node:dns/promises';
import { digits } from '../../escrow/model/count.ts';
import { describeFailure, failureHeadline } from '../../escrow/model/failure.ts';
import { type FailureKind, isDenied } from '../../escrow/model/failure-kind.ts';
import { sourceUrl } from '../../escrow/model/key-id.ts';
import { skipReasonOf } from '../../escrow/model/selection.ts';
import { describeSource, type EscrowSource } from '../../escrow/model/source.ts';
import type { SourceKey } from '../../escrow/model/source-key.ts';
import { readBackupFormat } from '../../escrow/records/backup-envelope.ts';
import type { Task } from '../task.ts';
import { type Check, type CheckedSubject, failed, notChecked, ok, unlessRefused } from './check.ts';

/** What stands between a person and the first key of a source, and then its backup, in this order. */
const stages = ['reach', 'token', 'list', 'backup'] as const;

type Stage = (typeof stages)[number];

/** Name, way, token, list permission and one real backup that is thrown away: the first that fails explains the rest. */
export async function checkSource(source: EscrowSource, task: Task, hasProxy: boolean): Promise<CheckedSubject> {
  const { kind, name } = source;
  const host = new URL(sourceUrl(source, task.services.settings.suffixes)).hostname;
  const checks = [await checkName(host, hasProxy)];
  const passed = [ok('reach', host), ok('token', 'accepted')];
  const found = await findFirstKey(source, task);
  if ('stage' in found) {
    const at = stages.indexOf(found.stage);
    checks.push(...passed.slice(0, at), failed(found.stage, found.message, found.remedy));
    checks.push(...stages.slice(at + 1).map((stage) => notChecked(stage, `see ${found.stage}`)));
  } else {
    checks.push(...passed, ok('list', found.message), await checkBackup(source, found.key, task));
  }
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

function findFirstKey(source: EscrowSource, task: Task) {
  const look = async () => {
    let seen = 0;
    for await (const key of task.services.keysOf(source).listKeys(task.signal)) {
      seen++;
      if (skipReasonOf(source, key) === undefined) return { key, message: 'its keys can be listed' };
    }
    if (seen === 0) return { key: undefined, message: 'it has no keys' };
    const message = seen === 1 ? 'its only key is not escrowed' : `none of its ${digits(seen)} keys is escrowed`;
    return { key: undefined, message };
  };
  return unlessRefused(task, look, (error) => {
    const failure = describeFailure(error, 'list', source);
    const [stage = 'list'] = barriers.find(([, kinds]) => kinds.includes(error.kind)) ?? [];
    return { stage, message: failureHeadline(failure), remedy: failure.remedy };
  });
}

/** What means that there is no way to the source, or no token. Everything else is said by the source itself. */
const barriers: readonly (readonly [Stage, readonly FailureKind[]])[] = [
  ['token', ['notSignedIn', 'identityUnavailable', 'signInUnavailable', 'tokenRefused', 'otherTenant', 'wrongCloud']],
  ['reach', ['unreachable', 'blockedByProxy', 'gatewayUnavailable', 'untrustedCertificate', 'noAnswer', 'misrouted']],
  ['reach', ['blockedByFirewall', 'privateConnectionOnly']],
];

async function checkBackup(source: EscrowSource, key: SourceKey | undefined, task: Task): Promise<Check> {
  if (key === undefined) return notChecked('backup', 'there is no key to try it with');
  const tryIt = async (): Promise<Check> => {
    const { bytes } = await task.services.keysOf(source).backUpKey(key.name, task.signal);
    const what = `${bytes.length} bytes, ${readBackupFormat(bytes)}`;
    return ok('backup', `key "${key.name}" can be backed up (${what}); thrown away`);
  };
  return unlessRefused(task, tryIt, (error) => {
    if (isDenied(error.kind)) {
      const remedy = 'A fresh record of a key proves that the app can back up: `keyvault-escrow status`.';
      return notChecked('backup', 'your role cannot back up (normal for an operator)', remedy);
    }
    const failure = describeFailure(error, 'backUp', source, key.name);
    return failed('backup', failureHeadline(failure), failure.remedy);
  });
}
