import { fork } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { machineEnvironment } from '../../local-azure/machine-environment.ts';
import { minimalSettings } from '../support/minimal-settings.ts';
import { barChart } from './bar-chart.ts';
import type { Measurement } from './measurement.ts';
import { median } from './median.ts';
import { buildUnbundled } from './unbundled.ts';

/** @param bundle the deployed bundle; `packageFolder` the folder that is zipped and deployed. */
export async function measureColdStart(bundle: string, packageFolder: string, loads: number): Promise<Measurement> {
  await using unbundled = await buildUnbundled(resolve('src/main.ts'));
  const times: { bundled: number; unbundled: number }[] = [];
  // The first of each fills the page cache and does not count.
  for (let load = 0; load <= loads; load++) {
    const one = await loadOnce(bundle);
    const other = await loadOnce(unbundled.entry);
    if (String(one.functions) !== String(other.functions)) throw new Error('The two loaded different applications.');
    if (load > 0) times.push({ bundled: one.loadMs, unbundled: other.loadMs });
  }
  const bundledMs = median(times.map((time) => time.bundled));
  const unbundledMs = median(times.map((time) => time.unbundled));
  const ratio = bundledMs / unbundledMs;
  const packageKb = (await zippedSize(packageFolder)) / 1000;
  const bar = (label: string, value: number) => ({ label, value, shown: `${Math.round(value)} ms` });
  return {
    figures: { coldStart: ratio, packageKb },
    charts: [
      barChart({
        file: 'cold-start.svg',
        title: `The bundle loads in ${Math.round(ratio * 100)} % of the time of the same code unbundled`,
        subtitle: `From asking for the entry point to the last registration; the deployed zip has ${Math.round(packageKb)} KB`,
        unit: 'milliseconds',
        bars: [bar('one bundle', bundledMs), bar('files and node_modules', unbundledMs)],
        mark: { value: unbundledMs * 0.4, label: 'target' },
      }),
    ],
  };
}

/** Bytes of a folder's files in a zip as a deployment uploads it: deflated, no extras; ASCII names. */
async function zippedSize(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = names.map(async (name) => {
    const packed = deflateRawSync(await readFile(join(folder, name)), { level: 9 });
    // Its own header (30 bytes) and its line in the directory (46), each with its name.
    return 30 + 46 + 2 * name.length + packed.length;
  });
  const endOfDirectory = 22;
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, endOfDirectory);
}

function loadOnce(entry: string): Promise<{ loadMs: number; functions: string[] }> {
  const child = fork(fileURLToPath(new URL('load-app.ts', import.meta.url)), [entry], {
    env: { ...machineEnvironment(), ...minimalSettings },
    execArgv: [],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  return new Promise((done, reject) => {
    child.once('message', (told) => {
      done(told as { loadMs: number; functions: string[] });
      child.kill();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${entry} did not load (code ${code}).`)));
  });
}
