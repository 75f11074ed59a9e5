import { type NamedKeyJob, runNamedKey } from '../../src/escrow/run/key-run.ts';
import { escrowSource } from './escrow-sources.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import { runPorts } from './run-ports.ts';
import { createScriptedKeySource, type ScriptedKey } from './scripted-key-source.ts';

// One key of one vault, backed up on demand into a store in memory.

export const prod = escrowSource('vault', 'contoso-prod', { except: ['tmp-*'] });
export const runId = '20261124T015907Z-3f2a9c1e';
export const usualName = `vaults/contoso-prod/signing/${runId}.keybackup`;
export const jobOf = (name: string, more: Partial<NamedKeyJob> = {}): NamedKeyJob => ({
  source: prod,
  name,
  runId,
  trigger: 'request',
  force: false,
  whatIf: false,
  obeysSelection: false,
  ...more,
});

export function scene(...listed: ScriptedKey[]) {
  const keys = createScriptedKeySource({ source: prod, pages: [listed] });
  const store = createMemoryStore();
  const ports = runPorts(keys, store);
  return {
    keys,
    store,
    ports,
    run: (name: string, more?: Partial<NamedKeyJob>) => runNamedKey(jobOf(name, more), ports),
  };
}

export const putTheirs = (store: MemoryStore, name: string) =>
  store.put(name, 'theirs', { metadata: { runid: 'another' } });
export const textOf = (store: MemoryStore, name: string) => Buffer.from(store.blobs.get(name)?.bytes ?? []).toString();
