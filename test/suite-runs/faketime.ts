import { spawnSync } from 'node:child_process';

/** A command line that starts another at an instant. @param at as `YYYY-MM-DD hh:mm`, UTC. @param zone IANA name. */
export function startAt(at: string, zone: string): string[] {
  // Only faketime itself reads the date in UTC. The plain form gives one offset to every process that is started from here.
  return ['env', 'TZ=UTC', 'faketime', `${at}:00`, 'env', `TZ=${zone}`];
}

/** Why no other instant can be had on this machine; undefined: it can. */
export function whyNoFaketime(): string | undefined {
  // fixed date: a trial
  const trial = startAt('2030-07-01 12:00', 'America/New_York');
  const [command = '', ...args] = [...trial, process.execPath, '-p', 'String(new Date(performance.timeOrigin))'];
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined || /faketime.*No such file/.test(stderr))
    return 'faketime is not installed (Debian: apt-get install faketime)';
  if (stdout.startsWith('Mon Jul 01 2030 08:00:0')) return undefined;
  return `faketime does not work here: it gave "${stdout.trim() || stderr.trim()}"`;
}
