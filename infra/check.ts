import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  deploy,
  deploymentSubscription,
  type ParameterSetName,
  parameterSetNames,
  parametersNamed,
  tenantId,
} from '../test/infra/support/parameter-sets.ts';
import { type BicepCompiler, findBicepCompiler } from './bicep-compiler.ts';

/**
 * `npm run infra:check`: what needs tools of its own. Compiles and lints every Bicep file, compares the committed template
 * and parameter files with what the compiler makes of the sources, and checks the script for Managed HSMs. The tests in
 * test/infra then read the committed files, anywhere.
 */
const root = fileURLToPath(new URL('../', import.meta.url));
const infra = join(root, 'infra');
const parameterSets = join(root, 'test', 'infra', 'parameter-sets');

let passed = 0;
let failed = 0;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function check(title: string, faults: readonly string[]): void {
  if (faults.length === 0) passed += 1;
  else failed += 1;
  say(`${faults.length === 0 ? 'passed' : 'FAILED'}: ${title}`);
  for (const fault of faults) say(`  ${fault}`);
}

/** Runs a tool. Anything it has to say is a fault: zero warnings means zero lines. */
function complaintsOf(program: string, given: readonly string[]): string[] {
  const { status, stdout, stderr, error } = spawnSync(program, given, {
    encoding: 'utf8',
    cwd: root,
    // main.bicepparam has no region of its own.
    env: { AZURE_LOCATION: 'westeurope', ...process.env },
  });
  const said = `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '');
  if (status === 0) return said;
  return said.length > 0 ? said : [error?.message ?? `${program} ended with ${status}`];
}

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));

function checkDrift(committed: string, made: string, remedy: string): string[] {
  const [ours, fresh] = [committed, made].map((path) => JSON.parse(readFileSync(path, 'utf8')));
  // The generator's version is no change of the template.
  const comparable = (value: unknown): string =>
    JSON.stringify(value, (key, one) => (key === '_generator' ? undefined : one));
  return comparable(ours) === comparable(fresh) ? [] : [`It differs from its source. Run: ${remedy}`];
}

function unusedModules(): string[] {
  const modules = filesIn(join(infra, 'modules'), '.bicep');
  const text = [join(infra, 'main.bicep'), ...modules].map((file) => readFileSync(file, 'utf8')).join('\n');
  const used = new Set(Array.from(text.matchAll(/'(?:modules\/)?([\w-]+\.bicep)'/g), ([, name]) => name));
  return modules.map((file) => basename(file)).filter((name) => !used.has(name));
}

function checkBicep({ program, prefix, origin }: BicepCompiler): void {
  say(`Bicep compiler: ${origin}`);
  const bicep = (...given: string[]): string[] => complaintsOf(program, [...prefix, ...given]);
  const onPath = prefix.length > 0 ? ['--file'] : [];
  // The linter follows main.bicep into its modules; one that nobody uses it would never see.
  check('every module is used', unusedModules());
  check('main.bicep and its modules lint without a warning', bicep('lint', ...onPath, join(infra, 'main.bicep')));

  const scratch = mkdtempSync(join(tmpdir(), 'infra-check-'));
  try {
    const built = join(scratch, 'azuredeploy.json');
    const complaints = bicep('build', ...onPath, join(infra, 'main.bicep'), '--outfile', built);
    check('main.bicep compiles without a warning', complaints);
    if (complaints.length === 0) {
      const remedy = 'bicep build infra/main.bicep --outfile infra/azuredeploy.json';
      check(
        'azuredeploy.json is what main.bicep compiles to',
        checkDrift(join(infra, 'azuredeploy.json'), built, remedy),
      );
    }

    const sample = join(scratch, 'main.json');
    check(
      'main.bicepparam compiles without a warning',
      bicep('build-params', ...onPath, join(infra, 'main.bicepparam'), '--outfile', sample),
    );
    for (const file of filesIn(parameterSets, '.bicepparam')) {
      const name = basename(file, '.bicepparam');
      const made = join(scratch, `${name}.json`);
      const faults = bicep('build-params', ...onPath, file, '--outfile', made);
      const remedy = `bicep build-params test/infra/parameter-sets/${name}.bicepparam --outfile test/infra/parameter-sets/${name}.json`;
      check(
        `the parameter set ${name} compiles, and its JSON is what it compiles to`,
        faults.length > 0 ? faults : checkDrift(join(parameterSets, `${name}.json`), made, remedy),
      );
    }
    if (prefix.length > 0)
      say("skipped: the tests' evaluator is compared with a snapshot of `bicep`, which `az bicep` does not make.");
    else
      for (const name of parameterSetNames)
        check(`the tests expand ${name} to what the compiler predicts`, compareWithSnapshot(program, name));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The tests in test/infra expand the template by an evaluator of their own, because they must run without a compiler. Where
 * there is one, its own prediction shows whether theirs is true: the same resources in the same versions, and the same ids
 * wherever an id depends on nothing but the parameters.
 */
function compareWithSnapshot(program: string, name: ParameterSetName): string[] {
  // A snapshot is written beside its parameter file, so the file gets a name that is ignored and removed.
  const copy = join(parameterSets, `.${name}.bicepparam`);
  const snapshot = join(parameterSets, `.${name}.snapshot.json`);
  try {
    copyFileSync(join(parameterSets, `${name}.bicepparam`), copy);
    const place = ['--subscription-id', deploymentSubscription, '--tenant-id', tenantId, '--location', 'westeurope'];
    const complaints = complaintsOf(program, ['snapshot', copy, '--mode', 'overwrite', ...place]);
    if (complaints.length > 0) return complaints;
    const predicted: PredictedResource[] = JSON.parse(readFileSync(snapshot, 'utf8')).predictedResources;
    const expanded = deploy(parametersNamed(name)).resources;
    // What hangs on uniqueString is another name in the tests: Azure's hash is not published.
    const plain = (id: string): string =>
      id.replaceAll(/(stkey(?:host|audit|esc)|func-key-(?:escrow|audit)-)\w{13}/g, '$1…');
    const ids = new Set(expanded.map((one) => plain(one.id)));
    // What the compiler leaves open begins with "[".
    const known = predicted.map(({ id }) => id).filter((id) => !id.startsWith('['));
    return [
      ...difference(
        expanded.map(({ type, body }) => `${type}@${String(body.apiVersion)}`),
        predicted.map(({ type, apiVersion }) => `${type}@${apiVersion}`),
      ),
      ...known.filter((id) => !ids.has(plain(id))).map((id) => `missing in the tests: ${id}`),
    ];
  } finally {
    rmSync(copy, { force: true });
    rmSync(snapshot, { force: true });
  }
}

interface PredictedResource {
  readonly id: string;
  readonly type: string;
  readonly apiVersion: string;
}

function difference(ours: readonly string[], theirs: readonly string[]): string[] {
  const count = (list: readonly string[], wanted: string): number => list.filter((one) => one === wanted).length;
  return [...new Set([...ours, ...theirs])]
    .filter((one) => count(ours, one) !== count(theirs, one))
    .map((one) => `${one}: ${count(ours, one)} in the tests, ${count(theirs, one)} by the compiler`);
}

const compiler = findBicepCompiler({ mayRestore: true });
if ('missing' in compiler) {
  say(`skipped: Bicep is neither compiled nor compared with azuredeploy.json, because ${compiler.missing}.`);
} else checkBicep(compiler);

const script = join(infra, 'scripts', 'grant-hsm-access.sh');
if (spawnSync('shellcheck', ['--version'], { stdio: 'ignore' }).status === 0) {
  check('grant-hsm-access.sh passes shellcheck', complaintsOf('shellcheck', [script]));
} else say('skipped: the script for Managed HSMs is not shell-checked, because shellcheck is not on the PATH.');

say(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
