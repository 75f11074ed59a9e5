import { expect } from 'vitest';
import { readSettings, SettingsFault } from '../../src/app/settings.ts';
import { minimalSettings } from './minimal-settings.ts';

export const withSources = (...sources: unknown[]) => ({ ...minimalSettings, ESCROW_SOURCES: JSON.stringify(sources) });

/** What an environment is refused for. */
export function faultsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsFault);
    const { faults, message } = error as SettingsFault;
    for (const fault of faults) expect(message).toContain(`- ${fault}`);
    return faults;
  }
  throw new Error('the settings were accepted');
}
