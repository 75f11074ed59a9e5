import { runCli } from './run-cli.ts';
import { processIo } from './terminal/io.ts';

void runCli(process.argv.slice(2), processIo()).then((exitCode) => {
  process.exitCode = exitCode;
});
