import { type Command, InvalidArgumentError, Option, type OptionValues } from '@commander-js/extra-typings';
import type { OperatorServices } from '../../app/operator-services.ts';
import type { PacedTarget } from '../../app/restore/prepare-restore.ts';
import { UsageFault } from '../../app/usage-fault.ts';
import {
  defaultBackupsPerSecond,
  isSameSource,
  namesOfSource,
  type RestorePlace,
  sourceOfNames,
} from '../../escrow/model/source.ts';
import { parseSourceName } from './source-options.ts';

export const toVaultName = new Option('--to-vault-name <VAULT>', 'the vault to restore to')
  .argParser(parseSourceName)
  .conflicts('toHsmName');
export const toHsmName = new Option('--to-hsm-name <HSM>', 'the Managed HSM to restore to').argParser(parseSourceName);
export const maxPerSecond = new Option(
  '--max-per-second <N>',
  'calls per second on the target; 10 on a vault and 5 on an HSM without it, because production may share them',
).argParser(parsePace);

/** Adds the options that name where to restore to, and say where that lies. */
export function withTarget<Args extends unknown[], Values extends OptionValues, Global extends OptionValues>(
  command: Command<Args, Values, Global>,
) {
  return command
    .addOption(toVaultName)
    .addOption(toHsmName)
    .option('--to-subscription-id <ID>', 'the subscription of that vault, where the settings do not say')
    .option('--to-geography <NAME>', 'its geography, in the words of the settings')
    .option('--to-security-domain <LABEL>', 'the security domain of that HSM')
    .addOption(maxPerSecond);
}

type None = Record<never, never>;
type TargetValues = ReturnType<ReturnType<typeof withTarget<[], None, None>>['opts']>;

/** @throws UsageFault when no target is named. The name is taken as it is: whoever restores must know where to. */
export function readTarget(values: TargetValues, { settings }: OperatorServices): PacedTarget {
  const { toVaultName: vaultName, toHsmName: hsmName, maxPerSecond: pace } = values;
  const named = sourceOfNames({ vaultName, hsmName });
  if (named === undefined) {
    throw new UsageFault('Restore to where?', 'Pass --to-vault-name VAULT or --to-hsm-name HSM.');
  }
  const configured = settings.sources.find((source) => isSameSource(source, named));
  const { toSubscriptionId, toGeography, toSecurityDomain } = values;
  const stated: RestorePlace = {
    ...(toSubscriptionId !== undefined && { subscriptionId: toSubscriptionId }),
    ...(toGeography !== undefined && { geography: toGeography }),
    ...(toSecurityDomain !== undefined && { securityDomain: toSecurityDomain }),
  };
  const maxBackupsPerSecond = pace ?? configured?.maxBackupsPerSecond ?? defaultBackupsPerSecond(named.kind);
  return {
    source: { ...named, maxBackupsPerSecond },
    place: { ...configured?.place, ...stated },
    isConfigured: configured !== undefined,
  };
}

export function describeTarget({ source, place }: PacedTarget): object {
  return { ...namesOfSource(source), place };
}

/** Calls per second. @throws InvalidArgumentError */
export function parsePace(text: string): number {
  const pace = Number(text);
  if (pace > 0 && pace <= 1000) return pace;
  throw new InvalidArgumentError('Write a number of calls per second, up to 1000.');
}
