import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { adoptEnvironment } from '../../local-azure/demonstration/adopt-environment.ts';
import { startLocalAzure } from '../../local-azure/local-azure.ts';
import { faultsOfFolder, killFolderWriters } from '../support/killed-folder-writers.ts';
import { separatePlace } from './chaos-place.ts';
import { namedFaults, tryFaults } from './fault-matrix.ts';
import { killRuns } from './killing.ts';

const help = `npm run chaos [-- --json] [--kills 50] [--keys 200] [--seed 1]

Kills the functions host or just its worker with SIGKILL at many instants of a run over 2 vaults and 1 Managed HSM, tries
every named fault of docs/security.md, and kills as many writers of an escrow in a folder. Takes ten minutes at most. Exit code 0 when nothing was lost, repeated, said wrongly or leaked.

  --json    the last line on stdout is one JSON object
  --kills   how many kills, --keys over how many keys, --seed for their instants`;

// After it the faults that wait for five time-outs of 30 s take three minutes.
const killingMs = 6.5 * 60 * 1000;

async function main(): Promise<number> {
  const number = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const { values: flags } = parseArgs({
    options: {
      json: { type: 'boolean' },
      help: { type: 'boolean' },
      kills: number('50'),
      keys: number('200'),
      seed: number('1'),
    },
  });
  if (flags.help) {
    console.log(help);
    return 0;
  }
  const startedAt = performance.now();
  const report = (line: string): void =>
    console.error(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  await using azure = await startLocalAzure({ account: 'escrowchaos', container: 'chaos', queues: ['chaos'] });
  const leave = adoptEnvironment(azure);
  const wanted = Number(flags.kills);
  const kills = await killRuns({
    azure,
    kills: wanted,
    victims: ['host', 'worker'],
    keys: Number(flags.keys),
    // Twice, so that resumed runs die too.
    killsPerRun: 2,
    seed: Number(flags.seed),
    deadline: startedAt + killingMs,
    report,
  });
  const place = await separatePlace(azure, 'chaos-faults');
  const trials = await tryFaults(place, namedFaults, ({ fault, untrue, leaks }) =>
    report(
      `${untrue.length + leaks.length === 0 ? 'survived' : 'NOT SURVIVED'}: ${fault.where}, ${fault.name}${[...untrue, ...leaks].map((line) => `\n         ${line}`).join('')}`,
    ),
  );
  leave();
  const folderFaults = await killFolder(wanted);
  for (const fault of folderFaults) report(`NOT SURVIVED: a folder, ${fault}`);

  const { lost, duplicated, untrue } = kills;
  for (const finding of [...lost, ...duplicated, ...untrue, ...kills.leaks]) report(finding);
  if (kills.kills < wanted) report(`only ${kills.kills} of ${wanted} kills: their time was up; this machine is busy`);
  const survived = trials.filter((trial) => trial.untrue.length === 0).length;
  const result = {
    kills: kills.kills,
    lost: lost.length,
    duplicated: duplicated.length,
    faultsTried: trials.length,
    faultsSurvived: survived,
    folderKills: wanted,
    folderFaults: folderFaults.length,
    wrongReports: untrue.length,
    leaks: kills.leaks.length + trials.reduce((sum, { leaks }) => sum + leaks.length, 0),
  };
  if (flags.json) console.log(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(16)}${value}`);
  const isGood =
    result.kills === wanted &&
    survived === trials.length &&
    result.lost + result.duplicated + result.folderFaults + result.wrongReports + result.leaks === 0;
  return isGood ? 0 : 1;
}

/** The folder store under the same treatment. */
async function killFolder(kills: number): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'escrow-chaos-folder-'));
  try {
    return await faultsOfFolder(root, await killFolderWriters(root, kills));
  } finally {
    await rm(root, { recursive: true });
  }
}

process.exitCode = await main();
