import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { scripts, engines } = JSON.parse(readFileSync(new URL('package.json', `file://${root}`), 'utf8'));
const files = globSync(['.github/workflows/*.yml', 'docs/pipelines/*.yml'], { cwd: root }).map((file) =>
  file.replaceAll('\\', '/'),
);

describe.each(files)('%s', (file) => {
  const text = readFileSync(`${root}/${file}`, 'utf8');

  it('runs only scripts that there are', () => {
    for (const [, script = ''] of text.matchAll(/npm run (?:-s |--silent )?([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script);
  });

  it('names the version of every action, and asks for no more rights than it names', () => {
    for (const [, action = ''] of text.matchAll(/uses: (\S+)/g)) expect(action).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
    expect(text).toMatch(/^permissions:\n {2}contents: /m);
    expect(text).not.toMatch(/secrets\.|password|client-secret/i);
  });

  it('uses a Node that the product runs on', () => {
    const [, least = '0'] = /^>=(\d+)/.exec(engines.node) ?? [];
    const versions = [...text.matchAll(/node(?:-version)?: \[?([\d, ]+)\]?$/gm)].flatMap(([, list = '']) =>
      list.split(','),
    );
    expect(versions.length).toBeGreaterThan(0);
    for (const version of versions) expect(Number(version)).toBeGreaterThanOrEqual(Number(least));
  });

  it('has a time limit for every job', () => {
    const jobs = text.slice(text.indexOf('\njobs:')).match(/^ {2}[\w-]+:$/gm) ?? [];
    expect(text.match(/timeout-minutes: \d+/g)).toHaveLength(jobs.length);
  });
});

describe('the pipelines', () => {
  it('are CI, a release, and the two samples', () => {
    expect(new Set(files)).toEqual(
      new Set([
        '.github/workflows/ci.yml',
        '.github/workflows/release.yml',
        'docs/pipelines/backup.yml',
        'docs/pipelines/drill.yml',
      ]),
    );
  });
});
