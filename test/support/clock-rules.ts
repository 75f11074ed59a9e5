import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Source text by path from the root of the repository. */
type Sources = ReadonlyMap<string, string>;

const clock = 'test/support/now.ts';

/** What brings the real clock into a test: the clock itself, and services that stamp and expire things by it. */
const realities = [
  clock,
  'test/support/local-azure.ts',
  'local-azure/local-azure.ts',
  'local-azure/storage/azurite.ts',
  'local-azure/functions-host/start.ts',
];

const isLocal = new RegExp(
  [
    String.raw`\.(?:get|set)(?:Hours|Minutes|Date|Day|Month|FullYear|TimezoneOffset)\(`,
    String.raw`\.to(?:LocaleDate|LocaleTime|Date|Time)String\(`,
    String.raw`\bnew Date\(\s*\w+\s*,`,
    String.raw`\b(?:new Date|Date\.parse)\('\d{4}-\d\d-\d\dT[\d:.]+'\)`,
  ].join('|'),
);
const isFixed = new RegExp(
  [
    // The date in a URL's query names a version of an interface.
    String.raw`(?<!version=|sv=|\d)(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?!\d)`,
    String.raw`\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?:19|20)\d\d\b`,
    String.raw`\bDate\.UTC\(\s*\d`,
  ].join('|'),
);
const limitsDuration = /expect\(.*(?:performance\.now|elapsed|took).*\)\.toBeLess/;
const lineReason = /\/\/ fixed date: \S/;
const fileReason = /^\/\/ fixed dates: \S/m;

/**
 * Every place in tests whose result may depend on the hour, the date, the time zone or the speed of the machine, as
 * `file:line what to do`; the linter refuses to read the clock anywhere but in `now.ts`. A date that no clock is held against may stand with the reason, `// fixed date: …` on its line or
 * above it, or `// fixed dates: …` once for a file.
 */
export function clockFaults(sources: Sources): string[] {
  const meetsReality = realityOf(sources);
  return [...sources].flatMap(([path, text]) => {
    if (path === clock || !path.startsWith('test/')) return [];
    const mayFixDates = fileReason.test(text) || !meetsReality(path);
    const lines = text.split('\n');
    return lines.flatMap((line, index) => {
      const code = line.replace(/^\s*\*.*|^\s*\/\*\*.*|(?:^|\s)\/\/.*/, '');
      const isReasoned = mayFixDates || lineReason.test(line) || lineReason.test(lines[index - 1] ?? '');
      const faults = [
        isLocal.test(code) && 'depends on the time zone: take UTC',
        isFixed.test(code) && !isReasoned && `fixes a date where services are real: take ${clock}`,
        limitsDuration.test(code) && 'depends on the speed of the machine: claim no upper limit of a duration',
      ];
      return faults.filter((fault) => fault !== false).map((fault) => `${path}:${index + 1} ${fault}`);
    });
  });
}

/** Whether a file, or a test that uses it, imports anything real: its dates would meet that there. */
function realityOf(sources: Sources): (path: string) => boolean {
  const imports = new Map([...sources.keys()].map((path) => [path, importsOf(path, sources)]));
  const isReal = (path: string) => realities.some((one) => imports.get(path)?.has(one));
  return (path) => isReal(path) || [...imports].some(([user, imported]) => imported.has(path) && isReal(user));
}

/** All that a file imports, directly or not. Types bring no clock. */
function importsOf(path: string, sources: Sources, found = new Set<string>()): ReadonlySet<string> {
  const specifiers = /^(?:import|export)\b(?! type)[^;]*?from '(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm;
  for (const [, early, late] of (sources.get(path) ?? '').matchAll(specifiers)) {
    const imported = normalize(join(dirname(path), early ?? late ?? '')).replaceAll('\\', '/');
    if (found.has(imported)) continue;
    found.add(imported);
    importsOf(imported, sources, found);
  }
  return found;
}

export function readTestSources(): Sources {
  const paths = globSync(['test/**/*.ts', 'local-azure/**/*.ts']).map((path) => path.replaceAll('\\', '/'));
  return new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}
