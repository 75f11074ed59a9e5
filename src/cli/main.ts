import { processIo } from './io.ts';
import { runCli } from './run-cli.ts';

void runCli(process.argv.slice(2), processIo()).then((exitCode) => {
  process.exitCode = exitCode;
});
