import { randomBytes } from 'node:crypto';
import { seededRandom } from '../../local-azure/key-vault/faults.ts';
import type { SourceId } from '../../src/escrow/model/source.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';
import { fromNow, hour, now } from '../support/now.ts';
import { separatePlace } from './chaos-place.ts';
import { type KilledRun, killedRun, type Victim } from './killed-run.ts';

interface KillingOptions {
  readonly azure: Omit<EscrowPlace, 'queueName'>;
  readonly kills: number;
  /** By turns, each without fan-out and with it. */
  readonly victims: readonly Victim[];
  /** Over 2 vaults and 1 Managed HSM. */
  readonly keys: number;
  /** How often one run is killed before it may end. At the third worker the real host gives up, and a timer's run with it. */
  readonly killsPerRun: number;
  readonly seed: number;
  /** Epoch milliseconds: no further run starts after it. */
  readonly deadline?: number;
  /** Requests of an undisturbed run; without it, one of each mode is run to find out. */
  readonly requests?: number;
  readonly report?: (line: string) => void;
}

type KillTally = Omit<KilledRun, 'requests'>;

/** Kills hosts or workers at instants spread evenly over the requests of a run, every other run with fan-out. */
export async function killRuns(options: KillingOptions): Promise<KillTally> {
  const { azure, report } = options;
  const random = seededRandom(options.seed);
  const keysOf = addSources(azure, options.keys);
  const { schedule, occurrences } = pastOccurrences();
  const tally = {
    kills: 0,
    lost: [] as string[],
    duplicated: [] as string[],
    untrue: [] as string[],
    leaks: [] as string[],
  };

  const run = async (fanOut: boolean, instants: readonly number[], victim: Victim = 'host'): Promise<KilledRun> => {
    const place = await separatePlace(azure, `chaos-${randomBytes(6).toString('hex')}`);
    const occurrence = occurrences.next().value;
    const jitterMs = () => random() * 4;
    const result = await killedRun({ place, keysOf, fanOut, schedule, occurrence, victim, instants, jitterMs });
    for (const kind of ['lost', 'duplicated', 'untrue', 'leaks'] as const) tally[kind].push(...result[kind]);
    return result;
  };

  const { requests: known } = options;
  const whole = { single: known ?? (await run(false, [])).requests, fanOut: known ?? (await run(true, [])).requests };
  report?.(`an undisturbed run takes ${whole.single} requests, ${whole.fanOut} with fan-out`);

  // A run that was over before its kill came is no kill: the instant is tried again, a little earlier.
  for (let tries = 0; tally.kills < options.kills && tries < options.kills * 2; tries++) {
    if (performance.now() > (options.deadline ?? Number.POSITIVE_INFINITY)) break;
    const fanOut = tries % 2 === 1;
    const requests = fanOut ? whole.fanOut : whole.single;
    const more = Math.min(options.killsPerRun, options.kills - tally.kills);
    const instants = Array.from({ length: more }, (_, index) => {
      const share = (tally.kills + index + 0.5) / options.kills;
      return Math.max(1, Math.floor((share * requests * 0.97) / (index + 1)));
    });
    const victim = options.victims[Math.floor(tries / 2) % options.victims.length];
    const { kills } = await run(fanOut, instants, victim);
    tally.kills += kills;
    report?.(
      `${tally.kills} kills, now of the ${victim}${fanOut ? ', fan-out' : ''}: at request ${instants.join(', ')} of ${requests}; lost ${tally.lost.length}, duplicated ${tally.duplicated.length}, untrue ${tally.untrue.length}`,
    );
  }
  return tally;
}

function addSources({ keyVault }: Omit<EscrowPlace, 'queueName'>, keys: number): Map<SourceId, string[]> {
  const shares = [
    { kind: 'vault', name: 'chaos-prod', keys: Math.ceil(keys / 2) },
    { kind: 'vault', name: 'chaos-web', keys: Math.floor(keys / 4) },
    { kind: 'managedHsm', name: 'chaos-hsm', keys: keys - Math.ceil(keys / 2) - Math.floor(keys / 4) },
  ] as const;
  return new Map(
    shares.map(({ kind, name, keys: share }) => {
      const source = keyVault.source(kind, name) ?? keyVault.addSource({ kind, name });
      const names = Array.from({ length: share }, (_, index) => `key-${index}`);
      for (const key of names) if (source.versions(key).length === 0) source.addKey({ name: key, versions: 2 });
      return [{ kind, name }, names] as const;
    }),
  );
}

/** Half an hour away from now, so that the schedule itself never fires; the occurrences of the last five days. */
function pastOccurrences(): { schedule: string; occurrences: Generator<Date, never> } {
  const minute = (now().getUTCMinutes() + 30) % 60;
  function* backwards(): Generator<Date, never> {
    for (let count = 1; ; count++) {
      const at = fromNow(-(count % 120) * hour);
      at.setUTCMinutes(minute, 0, 0);
      yield at;
    }
  }
  return { schedule: `0 ${minute} * * * *`, occurrences: backwards() };
}
