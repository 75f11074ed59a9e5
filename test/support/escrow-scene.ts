import { commandLine } from './cli.ts';
import { viewContainer } from './container-view.ts';
import { startEscrowApp } from './escrow-app.ts';
import { escrowSettings, type SourceSetting } from './escrow-place.ts';
import { type TestSource, useTestAzure } from './local-azure.ts';
import { runAsApp, runAudit } from './nightly.ts';

/** Where a vault lies, and where the settings say that its backups can be restored. */
export const europe = { subscriptionId: '00000000-0000-0000-0000-00000000c0de', geography: 'europe' };

/**
 * A local Azure with the app's runs and audits in this process, an operator's command line, and what a test sees of the escrow from
 * outside, for a whole test file. @param sources what there is, configured or not. @param configured those of the settings. @param ending goes
 * behind every line of `cli`.
 */
export async function useEscrow(sources: readonly TestSource[], configured: readonly SourceSetting[], ending = '') {
  const azure = await useTestAzure({ sources });
  const env = escrowSettings(azure, configured);
  return {
    azure,
    env,
    container: viewContainer(azure),
    cli: commandLine(azure, { env }, ending),
    /** For lines as they are. */
    look: commandLine(azure, { env }),
    night: (runTime?: Date) => runAsApp(azure, env, runTime),
    audit: () => runAudit(azure, env),
  };
}

/** A local Azure with the app in this process, for a whole test file. @param sources what there is, configured or not. */
export async function useEscrowApp(
  sources: readonly TestSource[],
  configured: readonly SourceSetting[],
  options?: Parameters<typeof startEscrowApp>[2],
) {
  const azure = await useTestAzure({ sources });
  return { azure, container: viewContainer(azure), app: await startEscrowApp(azure, configured, options) };
}
