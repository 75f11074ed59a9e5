/** One figure that is promised: its name on the last line, what it says, and the bound that it must keep. */
interface Figure<Name extends string = string> {
  readonly name: Name;
  readonly what: string;
  readonly bound: 'at least' | 'at most';
  readonly target: number;
}

/** All figures, in the order in which they are shown. Ratios are of two measurements in one run of the bench. */
export const figures = [
  of('speedupOverLoop', '300 keys at 150 ms a call: script / our run', 'at least', 14),
  of('deskSpeedup', '300 keys into a folder at 150 ms: script / `backup`, unpaced', 'at least', 14),
  of('deskSpeedupAtPace', 'the same at 40 ms, at its own pace', 'at least', 1.5),
  of('paceKept', 'calls / an HSM’s limit that is exactly our pace', 'at least', 0.97),
  of('stormWaste', 'extra backup calls / keys, at a limit of half our pace', 'at most', 0.1),
  of('vaultRequestsPerKey', 'requests to the vault, without listing / keys', 'at most', 1),
  of('storageRequestsPerKey', 'requests to storage, without marker and report / keys', 'at most', 1),
  of('cpuPerKeyOverFloor', 'CPU per key: our run / a bare loop over the SDK calls', 'at most', 1.25),
  of('rssGrowth', 'peak memory: 10,000 keys / 1,000 keys', 'at most', 1.4),
  of('peakRssMb', 'peak memory at 10,000 keys, MB', 'at most', 320),
  of('timeGrowth', 'time per key: 10,000 keys / 1,000 keys', 'at most', 1.1),
  of('resumeCost', 'time: resuming at 99 % / a full run', 'at most', 0.1),
  of('fanOutOverhead', 'time of 8 sources: fan-out over 2 processes / one invocation', 'at most', 1.2),
  of('fanOutMissingRecords', 'records that only one of the two ways has', 'at most', 0),
  of('coldStart', 'load time: bundled / unbundled', 'at most', 0.4),
  of('packageKb', 'the package, zipped, KB', 'at most', 600),
  of('auditRequestsPerKey', 'requests of an audit after a year / keys', 'at most', 1.1),
  of('auditBytesPerKey', 'memory of an audit: 50,000 keys less 10,000 / keys, bytes', 'at most', 4096),
  of('auditPeakMb', 'peak memory of an audit of 50,000 keys, MB', 'at most', 400),
];

type FigureName = (typeof figures)[number]['name'];
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

function of<Name extends string>(name: Name, what: string, bound: Figure['bound'], target: number): Figure<Name> {
  return { name, what, bound, target };
}

/** Figures are shown, and held against their targets, with three decimals. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export function isKept({ bound, target }: Figure, value: number): boolean {
  return bound === 'at least' ? rounded(value) >= target : rounded(value) <= target;
}

/** The names of the figures that miss their target; one that was not measured misses it. */
export function missed(measured: Figures): FigureName[] {
  return figures.filter((figure) => !isKept(figure, measured[figure.name] ?? Number.NaN)).map(({ name }) => name);
}

export const figureHead = ['figure', 'what', 'measured', 'target'];
export const notMeasured = 'not measured';

export function figureTable(measured: Figures): string[][] {
  return figures.map((figure) => {
    const value = measured[figure.name];
    const sign = figure.bound === 'at least' ? '≥' : '≤';
    const shown = value === undefined ? notMeasured : String(rounded(value));
    return [figure.name, figure.what, shown, `${sign} ${figure.target}`];
  });
}
