import type { SuiteRun } from './suite-run.ts';

/**
 * A table that grows: a row is printed as soon as its run is over.
 * @param columns what the runs differ in, and how wide.
 */
export function startTable(columns: readonly (readonly [head: string, width: number])[]) {
  const failed: { readonly cells: readonly string[]; readonly run: SuiteRun }[] = [];
  const print = (cells: readonly string[], figures: readonly string[]): void =>
    console.log(
      [
        ...columns.map(([, width], at) => (cells[at] ?? '').padEnd(width)),
        ...figures.map((figure) => figure.padStart(7)),
      ].join('  '),
    );
  print(
    columns.map(([head]) => head),
    ['passed', 'failed', 'skipped', 'seconds'],
  );
  return {
    add(cells: readonly string[], run: SuiteRun): void {
      print(cells, [run.passed, run.failed, run.skipped, run.seconds].map(String));
      if (run.failed > 0) failed.push({ cells, run });
    },
    /** What failed where. @returns the exit code. */
    end(): number {
      for (const { cells, run } of failed) {
        console.log(`\n${cells.join(', ')}: ${run.failed} failed; all of it is in ${run.log}`);
        for (const failure of run.failures) console.log(`  ${failure}`);
      }
      return failed.length === 0 ? 0 : 1;
    },
  };
}
