import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How to call the Bicep compiler: a program and what comes before its own arguments. */
export interface BicepCompiler {
  readonly program: string;
  readonly prefix: readonly string[];
  readonly origin: string;
}

const compilerPackage = 'Azure.Bicep.CommandLine.linux-x64';
/** The version that wrote infra/azuredeploy.json; another one may write the same template differently. */
export const compilerVersion = '0.49.2';

const answers = (program: string, ...given: string[]): boolean =>
  spawnSync(program, given, { stdio: 'ignore' }).status === 0;

const cacheFolder = fileURLToPath(new URL('../.cache/bicep', import.meta.url));

/**
 * Finds a Bicep compiler: `bicep` or `az bicep` on the PATH, else the NuGet package in the cache folder, where `dotnet` puts
 * it if `mayRestore`: that takes the network.
 *
 * @returns the compiler, or the reason why there is none here.
 */
export function findBicepCompiler({
  mayRestore,
}: {
  readonly mayRestore: boolean;
}): BicepCompiler | { readonly missing: string } {
  if (answers('bicep', '--version')) return { program: 'bicep', prefix: [], origin: 'bicep on the PATH' };
  if (answers('az', 'bicep', 'version')) return { program: 'az', prefix: ['bicep'], origin: 'az bicep' };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: 'neither bicep nor az bicep is on the PATH' };
  }

  const packages = join(cacheFolder, 'packages');
  const program = join(packages, compilerPackage.toLowerCase(), compilerVersion, 'tools', 'bicep');
  const found = { program, prefix: [], origin: `${compilerPackage} ${compilerVersion}` };
  if (existsSync(program) && answers(program, '--version')) return found;
  if (!mayRestore)
    return { missing: 'no Bicep compiler is on the PATH, and none has been restored by npm run infra:check' };
  if (!answers('dotnet', '--version')) return { missing: 'neither bicep, az bicep nor dotnet is on the PATH' };

  mkdirSync(cacheFolder, { recursive: true });
  const project = join(cacheFolder, 'compiler.csproj');
  writeFileSync(
    project,
    `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
  </PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="${compilerPackage}" Version="[${compilerVersion}]" />
  </ItemGroup>
</Project>
`,
  );
  const restored = spawnSync('dotnet', ['restore', project, '--packages', packages], { encoding: 'utf8' });
  if (restored.status !== 0 || !existsSync(program)) {
    return { missing: `dotnet could not restore ${compilerPackage} ${compilerVersion}: ${lastLine(restored.stdout)}` };
  }
  chmodSync(program, 0o755);
  return answers(program, '--version') ? found : { missing: `${program} does not run on this machine` };
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? 'no reason given';
