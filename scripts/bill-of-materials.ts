import { readFileSync, writeFileSync } from 'node:fs';

/** esbuild's metafile, as far as it is read here. Paths are relative to the project. */
export interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>;
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
}

export interface PackageLock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface Component {
  readonly type: 'library';
  readonly 'bom-ref': string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: 'SHA-512'; readonly content: string }[];
}

/** The folder of the package that a bundled file belongs to; undefined for the product's own files. */
export function packageFolderOf(path: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}

/**
 * A CycloneDX 1.6 bill of materials of what is really in the bundle: the packages of which at least one byte got there, not
 * those that are installed (`npm sbom --omit dev` both leaves out and adds). Without a time stamp: the same bundle, the same bill.
 */
export function billOfMaterials(
  metafile: Metafile,
  lock: PackageLock,
  product: { readonly name: string; readonly version: string },
) {
  const bundled = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = packageFolderOf(path);
      if (folder !== undefined && bytesInOutput > 0) bundled.add(folder);
    }
  }
  const components = new Map([...bundled].sort().map((folder) => [folder, componentOf(folder, lock)]));
  const dependsOn = new Map<string | undefined, Set<string>>([[undefined, new Set()]]);
  for (const [path, { imports }] of Object.entries(metafile.inputs)) {
    const from = packageFolderOf(path);
    if (from !== undefined && !components.has(from)) continue;
    for (const { path: imported } of imports) {
      const to = components.get(packageFolderOf(imported) ?? '');
      if (to === undefined || components.get(from ?? '') === to) continue;
      dependsOn.set(from, (dependsOn.get(from) ?? new Set()).add(to['bom-ref']));
    }
  }
  const productRef = `${product.name}@${product.version}`;
  const refOf = (folder: string | undefined) =>
    (folder === undefined ? undefined : components.get(folder)?.['bom-ref']) ?? productRef;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': productRef, ...product } },
    components: [...components.values()],
    dependencies: [...dependsOn].map(([folder, refs]) => ({ ref: refOf(folder), dependsOn: [...refs].sort() })),
  } as const;
}

function componentOf(folder: string, lock: PackageLock): Component {
  const locked = lock.packages[folder];
  if (locked === undefined)
    throw new Error(`${folder} is in the bundle but not in package-lock.json: run npm ci, then npm run build.`);
  const fullName = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [scope, bare] = fullName.startsWith('@') ? (fullName.split('/') as [string, string]) : [undefined, fullName];
  const purl = `pkg:npm/${scope === undefined ? '' : `${encodeURIComponent(scope)}/`}${bare}@${locked.version}`;
  const sha512 = /^sha512-(.+)$/.exec(locked.integrity ?? '')?.[1];
  return {
    type: 'library',
    'bom-ref': purl,
    ...(scope && { group: scope }),
    name: bare,
    version: locked.version,
    purl,
    ...(locked.license && { licenses: [{ expression: locked.license }] }),
    ...(sha512 && { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }),
  };
}

function main(): void {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const { name, version } = read('package.json');
  const bill = billOfMaterials(read('dist/main.meta.json'), read('package-lock.json'), { name, version });
  writeFileSync('dist/bom.json', `${JSON.stringify(bill, null, 2)}\n`);
  console.log(`dist/bom.json: ${bill.components.length} packages are in dist/main.cjs`);
}

if (import.meta.main) main();
