import type { OperatorServices } from '../../app/operator-services.ts';
import type { PacedSource, RestorePlace } from '../../escrow/model/source.ts';
import { defaultBackupsPerSecond, isSameSource } from '../../escrow/model/source.ts';
import type { RestoreTarget } from '../../escrow/restore/restore-place.ts';
import type { OptionSpecs, Values } from '../command.ts';
import { UsageFault } from '../terminal/usage-fault.ts';
import { namedSource } from './source-options.ts';

/** The options that name where to restore to, and say where that lies. */
export const targetOptions = {
  'to-vault-name': { type: 'string', value: 'VAULT', about: 'the vault to restore to' },
  'to-hsm-name': { type: 'string', value: 'HSM', about: 'the Managed HSM to restore to' },
  'to-subscription-id': {
    type: 'string',
    value: 'ID',
    about: 'the subscription of that vault, where the settings do not tell',
  },
  'to-geography': { type: 'string', value: 'NAME', about: 'its geography, in the words of the settings' },
  'max-per-second': {
    type: 'string',
    value: 'N',
    about:
      'calls per second on the target; 10 on a vault and 5 on an HSM without it, because production may share them',
  },
  'to-security-domain': { type: 'string', value: 'LABEL', about: 'the security domain of that HSM' },
} as const satisfies OptionSpecs;

export interface NamedTarget extends RestoreTarget {
  readonly source: PacedSource;
  readonly isConfigured: boolean;
}

/** @throws UsageFault when no target is named. The name is taken as it is: whoever restores must know where to. */
export function readTarget(values: Values<typeof targetOptions>, { settings }: OperatorServices): NamedTarget {
  const named = namedSource(values['to-vault-name'], values['to-hsm-name'], 'to-');
  if (named === undefined) {
    throw new UsageFault('it is not said where to restore to', 'Name it: --to-vault-name VAULT or --to-hsm-name HSM.');
  }
  const configured = settings.sources.find((source) => isSameSource(source, named));
  const stated: RestorePlace = {
    ...(values['to-subscription-id'] !== undefined && { subscriptionId: values['to-subscription-id'] }),
    ...(values['to-geography'] !== undefined && { geography: values['to-geography'] }),
    ...(values['to-security-domain'] !== undefined && { securityDomain: values['to-security-domain'] }),
  };
  return {
    source: {
      ...named,
      maxBackupsPerSecond:
        readPace(values['max-per-second']) ?? configured?.maxBackupsPerSecond ?? defaultBackupsPerSecond(named.kind),
    },
    place: { ...configured?.place, ...stated },
    isConfigured: configured !== undefined,
  };
}

function readPace(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const pace = Number(text);
  if (pace > 0 && pace <= 1000) return pace;
  throw new UsageFault(`--max-per-second ${JSON.stringify(text)} is no pace`, 'Write it as --max-per-second 25.');
}

export function describeTarget({ source, place }: NamedTarget): object {
  return { ...(source.kind === 'vault' ? { vaultName: source.name } : { hsmName: source.name }), place };
}
