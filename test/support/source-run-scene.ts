import { runSource, type SourceJob } from '../../src/escrow/run/source-run.ts';
import { escrowSource } from './escrow-sources.ts';
import { createMemoryStore } from './memory-store.ts';
import { runPorts } from './run-ports.ts';
import { createScriptedKeySource, type ScriptedKey } from './scripted-key-source.ts';

export const prod = escrowSource('vault', 'contoso-prod', { place: { geography: 'europe' } });
export const runId = '20261124T020000Z';
export const recordOf = (key: string) => `vaults/contoso-prod/${key}/${runId}.keybackup`;
export const named = (...names: string[]): ScriptedKey[] => names.map((name) => ({ name }));
export const jobOf = (source = prod, more: Partial<SourceJob> = {}): SourceJob => ({
  source,
  runId,
  trigger: 'schedule',
  attempt: 1,
  whatIf: false,
  ...more,
});

export function scene(pages: readonly (readonly ScriptedKey[])[], source = prod, failsAtPage?: number) {
  const keys = createScriptedKeySource({ source, pages, ...(failsAtPage !== undefined && { failsAtPage }) });
  const store = createMemoryStore();
  const ports = runPorts(keys, store);
  return { keys, store, ports, start: (more?: Partial<SourceJob>) => runSource(jobOf(source, more), ports) };
}

export const outcomesOf = (run: Awaited<ReturnType<typeof runSource>>) =>
  Object.fromEntries(run.outcomes.map((outcome) => [outcome.key, outcome.outcome]));
