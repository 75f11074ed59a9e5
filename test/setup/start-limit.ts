import { beforeAll } from 'vitest';

/** Milliseconds. No limit of vitest's ends a file that hangs where it begins, before its first test. */
const limit = 300_000;

const tooLong = setTimeout(() => {
  process.stderr.write(`The test file did not begin within ${limit / 1000} s.\n`);
  process.kill(process.pid, 'SIGKILL');
}, limit);
beforeAll(() => clearTimeout(tooLong));
