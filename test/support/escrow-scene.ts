import { commandLine } from './cli.ts';
import { viewContainer } from './container-view.ts';
import { escrowSettings, type SourceSetting } from './escrow-place.ts';
import { type TestSource, useTestAzure } from './local-azure.ts';
import { runAsApp, runAudit } from './nightly.ts';

/** Where a vault lies, and where the settings say that its backups can be restored. */
export const europe = { subscriptionId: '00000000-0000-0000-0000-00000000c0de', geography: 'europe' };

/**
 * A local Azure with the app's runs and audits in this process, an operator's command line, and what a test sees of the escrow from
 * outside, for a whole test file. @param sources what there is, configured or not. @param configured those of the settings.
 */
export async function useEscrow(sources: readonly TestSource[], configured: readonly SourceSetting[]) {
  const azure = await useTestAzure({ sources });
  const env = escrowSettings(azure, configured);
  return {
    azure,
    env,
    container: viewContainer(azure),
    cli: commandLine(azure, { env }),
    /** For restores and drills: their pace is not what is tested. */
    quickCli: commandLine(azure, { env }, ' --max-per-second 1000'),
    night: (runTime?: Date) => runAsApp(azure, env, runTime),
    audit: () => runAudit(azure, env),
  };
}
