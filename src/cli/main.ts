import { runCli } from './run-cli.ts';
import { processIo } from './terminal/io.ts';

void runCli(process.argv.slice(2), processIo()).then((exitCode) => {
  // Once all is written: a connection to something that never answers must not keep the process.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
});
