import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { QueueClient } from '@azure/storage-queue';
import { readSettings, type Settings } from '../../src/app/settings.ts';
import { wrapTo } from '../../src/cli/terminal/print.ts';
import { sourcePath } from '../../src/escrow/model/source.ts';
import type { HostEvent } from '../functions-host/host-events.ts';
import { type FunctionsHost, startFunctionsHost } from '../functions-host/start.ts';
import type { LocalIdentity } from '../identity/identities.ts';
import { type LocalAzure, startLocalAzure } from '../local-azure.ts';
import { adoptEnvironment } from './adopt-environment.ts';
import { escrowEventOf, runAudit, runNightly, runOnDemand } from './first-pass.ts';
import { isOk, type PassSummary, summaryObject, summaryText } from './pass-summary.ts';
import { createProgress } from './progress.ts';
import { addSampleKeys } from './sample-keys.ts';

const help = `npm start [-- --once] [-- --json]

Runs the real nightly job, one on-demand request and the daily audit on a private local Azure, shows what was escrowed, and stays
up for the schedules and the queue until Ctrl-C.

  --once   end after the first pass: exit code 0 when everything was escrowed and the audit found no gap, 1 when not
  --json   the last line on stdout is one JSON object
  --help   this text`;

const environmentFile = '.local/environment.json';

async function main(): Promise<number> {
  const { values: flags } = parseArgs({
    options: { once: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (flags.help) {
    console.log(help);
    return 0;
  }
  const progress = createProgress(process.stderr);
  const interrupted = interruption();
  const { file, values } = await readLocalSettings();
  const settings = readSettings(values);

  progress.step(`Building the bundle`);
  const built = spawnSync(process.execPath, ['scripts/build.ts'], { stdio: ['ignore', 'ignore', 'inherit'] });
  // Ctrl-C reaches the build as well.
  if (built.status === 130 || built.signal !== null) return 130;
  if (built.status !== 0) throw new Error('The bundle could not be built; the reason stands above.');

  progress.step(`Starting a private Azure on loopback for the sources in ${file}`);
  await using azure = await startAzureFor(settings);
  // This process looks on as the operator; the app lives in a process of its own, as the app's identity.
  adoptEnvironment({ ...azure, env: azure.envOf(azure.identities.operator) });
  await publishEnvironment(azure, values);
  try {
    progress.step(
      'Starting two functions hosts on dist/main.cjs: one backs up, one audits, each with its own identity',
    );
    const { app, audit } = azure.identities;
    await using host = await startPart('backup', { ...values, ...azure.envOf(app) }, progress.show);
    await using auditHost = await startPart('audit', { ...values, ...azure.envOf(audit) }, progress.show);
    const pass = firstPass(host, auditHost, azure, settings, progress.step);
    const summary = await Promise.race([pass, interrupted]);
    if (summary === 'interrupted') return 130;
    progress.done();
    const columns = process.stdout.columns ?? (Number(process.env.COLUMNS) || Number.POSITIVE_INFINITY);
    console.log(wrapTo(`\n${summaryText(summary)}\n`, columns));
    if (!flags.once) {
      console.log(wrapTo(whatNext(settings), columns));
      await interrupted;
      progress.step('Stopping');
    }
    if (flags.json) console.log(JSON.stringify(summaryObject(summary)));
    return isOk(summary) ? 0 : 1;
  } finally {
    await rm(environmentFile, { force: true });
  }
}

/**
 * Ctrl-C, SIGTERM, or the end of npm: it runs a script in a shell that passes no SIGTERM on, and whoever sends one to npm alone would
 * leave this process and all that it started behind.
 */
function interruption(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    const end = (): void => resolve('interrupted');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
    const parent = process.ppid;
    if (process.env.npm_lifecycle_event !== undefined) setInterval(() => process.ppid !== parent && end(), 500).unref();
  });
}

/** The Values of a local.settings.json: the user's own where there is one, else the sample. */
async function readLocalSettings(): Promise<{ file: string; values: Record<string, string> }> {
  const file = existsSync('local.settings.json') ? 'local.settings.json' : 'local.settings.sample.json';
  try {
    const { Values } = JSON.parse(await readFile(file, 'utf8'));
    return { file, values: { ...Values } };
  } catch (cause) {
    throw new Error(`Cannot read ${file}: ${(cause as Error).message}. It must be JSON with an object "Values".`, {
      cause,
    });
  }
}

async function startAzureFor(settings: Settings): Promise<LocalAzure> {
  const container = new URL(settings.containerUrl);
  const azure = await startLocalAzure({
    account: container.hostname.split('.')[0] ?? '',
    container: container.pathname.slice(1),
    queues: [settings.queueName],
    suffixes: {
      ...settings.suffixes,
      blob: container.hostname.split('.').slice(1).join('.'),
      queue: new URL(settings.queueServiceUrl).hostname.split('.').slice(1).join('.'),
      resourceManager: new URL(settings.resourceManagerUrl).hostname.split('.').slice(1).join('.'),
    },
  });
  for (const [index, source] of settings.sources.entries()) {
    const local = azure.keyVault.addSource({ ...source.place, kind: source.kind, name: source.name });
    addSampleKeys(local, source, index === 0);
  }
  addDrillTargets(azure, settings);
  return azure;
}

/** One of the two apps: the same bundle and the same settings, another part and another identity. */
async function startPart(
  part: 'backup' | 'audit',
  settings: Readonly<Record<string, string>>,
  onEvent: (event: HostEvent) => void,
): Promise<FunctionsHost> {
  const host = await startFunctionsHost({
    bundle: `${process.cwd()}/dist/main.cjs`,
    settings: { ...settings, ESCROW_PART: part },
    hostJson: 'host.json',
    onEvent,
  });
  const loadFault = host.events.find((event) => event.event === 'log' && event.message.startsWith('Worker was unable'));
  if (loadFault?.event === 'log') throw new Error(loadFault.message);
  for (const [name, reason] of Object.entries(host.functionErrors)) throw new Error(`Function ${name}: ${reason}`);
  return host;
}

/** An empty vault and an empty HSM where the first source of each kind can be restored: for restores and drills. */
function addDrillTargets(azure: LocalAzure, settings: Settings): void {
  for (const kind of ['vault', 'managedHsm'] as const) {
    const like = settings.sources.find((source) => source.kind === kind);
    const name = kind === 'vault' ? 'drill-vault' : 'drill-hsm';
    if (like !== undefined) azure.keyVault.addSource({ ...like.place, kind, name });
  }
}

/** How another process enters this Azure: as the operator, for `npm run local`; as the app, for the curious. */
async function publishEnvironment(azure: LocalAzure, values: Record<string, string>): Promise<void> {
  await mkdir('.local', { recursive: true });
  const { operator, app } = azure.identities;
  const environmentOf = (identity: LocalIdentity) => {
    const own = azure.envOf(identity);
    // What Node calls NODE_EXTRA_CA_CERTS: OpenSSL's own name, which .NET and PowerShell take too, and that of az and Python.
    const trust = { SSL_CERT_FILE: own.NODE_EXTRA_CA_CERTS, REQUESTS_CA_BUNDLE: own.NODE_EXTRA_CA_CERTS };
    return { ...values, ...own, ...trust };
  };
  const content = { pid: process.pid, env: environmentOf(operator), appEnv: environmentOf(app) };
  await writeFile(environmentFile, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

async function firstPass(
  host: FunctionsHost,
  auditHost: FunctionsHost,
  azure: LocalAzure,
  settings: Settings,
  step: (text: string) => void,
): Promise<PassSummary> {
  step(`Running the nightly job over ${settings.sources.length} sources`);
  const nightly = await runNightly(host, settings.sources, settings.functionTimeoutMs);

  const escrowed = host.events.map(escrowEventOf).filter((line) => line?.event === 'escrow.key.escrowed');
  // Sources run side by side, so which one was first is chance: their order in the settings decides.
  const keys = settings.sources.flatMap((source) =>
    escrowed.filter((line) => line.source === sourcePath(source)).map(({ key }) => ({ source, key })),
  );
  const asked = keys.find(({ key }) => key === 'signing') ?? keys[0];
  let onDemand: PassSummary['onDemand'];
  if (asked !== undefined) {
    step(`Enqueuing a request for key "${asked.key}"`);
    const queue = new QueueClient(
      `${settings.queueServiceUrl}/${settings.queueName}`,
      azure.credential(azure.identities.operator),
    );
    const send = (message: string) => queue.sendMessage(Buffer.from(message).toString('base64'));
    onDemand = await runOnDemand(host, asked.source, asked.key, send);
  }

  step('Auditing what was escrowed, as the identity that cannot back up');
  const audit = await runAudit(auditHost);

  // Loaded once this process has the environment of its Azure.
  const { createServices } = await import('../../src/app/services.ts');
  const { store } = createServices(settings);
  const names: string[] = [];
  for await (const { name } of store.list('', AbortSignal.timeout(60_000))) names.push(name);
  return {
    nightly,
    onDemand,
    audit,
    containerUrl: settings.containerUrl,
    records: names.filter((name) => name.endsWith('.keybackup')),
    reports: names.filter((name) => name.startsWith('runs/') && name.endsWith('.json')),
  };
}

function whatNext(settings: Settings): string {
  return `Still running: the schedule ${settings.schedule} (UTC) and the queue ${settings.queueName}. Ctrl-C ends everything.
In a second terminal, as the operator:
  npm run local -- status
  npm run local -- enqueue --all --wait
  npm run local -- sabotage --vault-name V --name K
  npm run local -- drill --to-vault-name drill-vault
  npm run local -- report -o keyvault-escrow-report.html
  npm run local -- help
Other clients (curl, az, .NET, Python) find the environment of this Azure in ${environmentFile}; local-azure/README.md says how.`;
}

try {
  process.exitCode = await main();
  // A pass that was cut off may still wait for an answer that never comes.
  if (process.exitCode === 130) process.exit();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
