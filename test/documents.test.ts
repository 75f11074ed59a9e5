import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const documents = globSync(['*.md', 'docs/*.md', 'local-azure/*.md', 'src/cli/*.md'], { cwd: root });

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function withoutCode(text: string): string {
  return text.replaceAll(/^ *```.*?^ *```$/gms, '');
}

/** Headings as GitHub makes anchors of them. */
function anchorsOf(text: string): string[] {
  return Array.from(withoutCode(text).matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.for(documents)('%s links to files and headings that are there', (document) => {
  const links = Array.from(withoutCode(read(document)).matchAll(/\]\((?!https?:)([^)]*)\)/g), ([, link = '']) => link);
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? document : join(dirname(document), path);
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test.for(['docs/architecture.md', 'CONTRIBUTING.md'])('%s names code that is there', (document) => {
  const sources = globSync(['{src,local-azure,scripts,test,infra}/**/*.ts', 'package.json'], { cwd: root });
  const code = sources.map(read).join('\n');
  const named = Array.from(withoutCode(read(document)).matchAll(/`([^`\n]+)`/g), ([, name = '']) => name);
  const gone = named.filter((name) => {
    if (/^[a-z]+[A-Z]\w+$/.test(name)) return !new RegExp(`\\b${name}\\b`).test(code);
    return /^(src|local-azure|scripts|test|infra|docs)\/[\w./-]+$/.test(name) && !existsSync(join(root, name));
  });
  expect(gone).toEqual([]);
});

test('the headings that messages, alarms and templates point to are there', () => {
  const sources = globSync(['src/**/*.ts', 'infra/**/*.{ts,bicep}'], { cwd: root });
  const named = sources.flatMap((file) => [
    ...Array.from(read(file).matchAll(/(docs\/[a-z-]+\.md), \\?"([^"\\]+)/g), ([, to = '', heading = '']) => [
      to,
      heading,
    ]),
    ...Array.from(read(file).matchAll(/"([^"]+)" in (docs\/[a-z-]+\.md)/g), ([, heading = '', to = '']) => [
      to,
      heading,
    ]),
  ]);
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const [document = '', heading = ''] of named) expect(read(document), document).toContain(`\n## ${heading}\n`);
});

test('the runbook has a section for each bad day', () => {
  const headings = Array.from(read('docs/operations.md').matchAll(/^## (.*)$/gm), ([, heading]) => heading);
  expect(headings).toEqual(
    expect.arrayContaining([
      'One key is gone',
      'A whole vault is gone',
      'A whole Managed HSM is gone',
      'Vaults and keys come, go and change',
      'The drill, every month',
      'What the alarms mean',
      'A request failed',
      'The app is up, and nothing runs',
      'An identity was stolen',
      "The escrow's own account is lost",
      'Lock the immutability policy',
    ]),
  );
});
