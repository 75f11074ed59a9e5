import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { JsonTestResults } from 'vitest/node';

export interface SuiteRun {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** `file > test: message`, and of a file that could not run at all its name. */
  readonly failures: readonly string[];
  /** All that was printed. */
  readonly log: string;
}

const folder = resolve('.local/suite-runs');
const vitest = resolve('node_modules/vitest/vitest.mjs');

/**
 * Runs the suite once, as `vitest run`.
 * @param name of its files under `.local/suite-runs`. @param prefix what starts it. @param filters parts of the names of files.
 */
export async function runSuite(
  name: string,
  filters: readonly string[],
  prefix: readonly string[] = [],
): Promise<SuiteRun> {
  await mkdir(folder, { recursive: true });
  const report = join(folder, `${name}.json`);
  const log = join(folder, `${name}.log`);
  await rm(report, { force: true });
  const [command = '', ...args] = [...prefix, process.execPath, vitest, 'run', ...filters];
  const startedAt = performance.now();
  const child = spawn(command, args, {
    env: { ...process.env, ESCROW_TEST_REPORT: report },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = createWriteStream(log);
  child.stderr.pipe(output, { end: false });
  const [[code]] = await Promise.all([once(child, 'close'), pipeline(child.stdout, output)]);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  return { ...(await resultOf(report, code === 0)), seconds, log };
}

async function resultOf(report: string, isGreen: boolean): Promise<Omit<SuiteRun, 'seconds' | 'log'>> {
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0, failures: ['the suite left no report'] };
  const { numPassedTests, numFailedTests, numPendingTests, testResults }: JsonTestResults = JSON.parse(text);
  const failures = testResults.flatMap(({ name, status, assertionResults }) => {
    const file = name.replace(`${resolve('.')}/`, '');
    const tests = assertionResults
      .filter((one) => one.status === 'failed')
      .map(({ fullName, failureMessages }) => `${file} > ${fullName}: ${failureMessages?.[0]?.split('\n    at ')[0]}`);
    return tests.length === 0 && status === 'failed' ? [file] : tests;
  });
  if (failures.length === 0 && !isGreen) failures.push('the suite failed without a failed test');
  const failed = Math.max(numFailedTests, failures.length);
  return { passed: numPassedTests, failed, skipped: numPendingTests, failures };
}
