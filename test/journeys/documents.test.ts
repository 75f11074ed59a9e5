import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { AddKeyOptions } from '../../local-azure/key-vault/local-source.ts';
import { type CliRun, runCommand, splitLine } from '../support/cli.ts';
import { startEscrowHost } from '../support/escrow-host.ts';
import { europe, useEscrow } from '../support/escrow-scene.ts';
import { lastNight, minute } from '../support/now.ts';
import { useFolder } from '../support/temporary-folder.ts';

/*
 * Every command line of the documents, section by section, in the state of things that the section is about, typed by a
 * person who answers yes. A line says with "# exits N" when it is to end otherwise than with 0, and with "# exits N while" when
 * that depends on the day.
 */
const documents = [
  ...['README.md', 'docs/operations.md', 'docs/command-line.md', 'docs/deploy.md'],
  ...['docs/pipelines/backup.yml', 'docs/pipelines/drill.yml'],
];
const sources = [
  { vaultName: 'contoso-prod', ...europe },
  { vaultName: 'contoso-web', ...europe },
  { hsmName: 'contoso-hsm', securityDomain: 'contoso-2026' },
];
/** The person types hours after the last run. */
const hoursLater = 12;

let sections = 0;
let mornings = 0;

const folder = await useFolder();
const { azure, env, night, audit } = await useEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', ...europe },
    { kind: 'vault', name: 'contoso-web', ...europe },
    { kind: 'vault', name: 'contoso-new', ...europe },
    { kind: 'vault', name: 'contoso-dr', ...europe },
    { kind: 'vault', name: 'contoso-drill', ...europe },
    { kind: 'managedHsm', name: 'contoso-hsm', securityDomain: 'contoso-2026' },
    { kind: 'managedHsm', name: 'contoso-hsm-2', securityDomain: 'contoso-2026' },
    { kind: 'managedHsm', name: 'contoso-drill-hsm', securityDomain: 'contoso-2026' },
  ],
  sources,
);
const host = await startEscrowHost(azure, { sources });

/**
 * Each section begins on an ordinary morning: the keys are there, last night's run and this morning's audit are good. The last
 * ordinary morning still is one, as long as no section left another key behind.
 */
beforeEach(async () => {
  sections++;
  for (const name of ['contoso-new', 'contoso-dr', 'contoso-drill']) setKeys('vault', name, []);
  for (const name of ['contoso-hsm-2', 'contoso-drill-hsm']) setKeys('managedHsm', name, []);
  const changes = [
    setKeys('vault', 'contoso-prod', ['signing', 'tenant-01', 'tenant-02', { name: 'www-cert', managed: true }]),
    setKeys('vault', 'contoso-web', ['tls']),
    setKeys('managedHsm', 'contoso-hsm', ['payments', 'ledger-north', 'ledger-south']),
  ];
  if (!changes.includes(true)) return;
  mornings++;
  await night(new Date(lastNight(1).getTime() + mornings * minute));
  await audit();
});

afterAll(() => host.stop());

/**
 * A key that is there stays: made again under its name it would be another one, which the audits notice.
 * @returns whether another key is there now, or one is no longer.
 */
function setKeys(kind: 'vault' | 'managedHsm', name: string, keys: readonly (string | AddKeyOptions)[]): boolean {
  const source = azure.keyVault.source(kind, name);
  const wanted = keys.map((key) => (typeof key === 'string' ? { name: key } : key));
  const active = source?.keyNames() ?? [];
  const surplus = [...active, ...(source?.deletedKeyNames() ?? [])].filter(
    (key) => !wanted.some((one) => one.name === key),
  );
  const missing = wanted.filter((key) => !active.includes(key.name));
  for (const key of surplus) source?.purgeKey(key);
  for (const key of missing) source?.addKey(key);
  return surplus.length + missing.length > 0;
}

/** What has happened when somebody turns to a section. */
const happened: Record<string, () => void> = {
  'One key is gone': () => azure.vault('contoso-prod').purgeKey('signing'),
};

for (const document of documents) {
  describe(document, async () => {
    const sections = sectionsOf(document, await readFile(new URL(`../../${document}`, import.meta.url), 'utf8'));

    test.for(sections)('$heading', async ({ heading, lines }) => {
      happened[heading]?.();
      for (const { text, exits } of lines) {
        const { code, stdout, stderr } = await typed(
          text,
          document === 'docs/pipelines/backup.yml' ? azure.identities.app : undefined,
        );
        expect(exits, `${text}\n${stdout}\n${stderr}`).toContain(code);
        expect(stderr, text).not.toContain('unexpected');
      }
    });
  });
}

test.for([
  'plan',
  'enqueue --all --wait',
  'list',
  'status',
  'verify',
  'verify --chain',
  'download --vault-name contoso-prod --name signing -o shape.keybackup',
  'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr',
  'restore --vault-name contoso-prod --all --to-vault-name contoso-dr --receipt shape.jsonl',
  'drill --to-vault-name contoso-drill --sample 1',
  'drill --to-vault-name contoso-drill --what-if',
  'doctor',
  'discover --write shape.json',
])('the members of %s --json are the documented ones', async (line) => {
  const text = await readFile(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
  const command = line.split(' ')[0] ?? '';
  const item = text.split(/\n(?=\S)/).find((one) => one.startsWith(`- \`${command}\``)) ?? '';
  const documented = [...item.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const { stdout } = await typed(`${line} --json`);
  expect(documented).toEqual(expect.arrayContaining(Object.keys(JSON.parse(stdout))));
});

async function typed(line: string, identity?: LocalIdentity): Promise<Pick<CliRun, 'code' | 'stdout' | 'stderr'>> {
  const words = splitLine(line.replace('$ESCROW_CONTAINER_URL', azure.containerUrl));
  if (words[0] === 'sabotage') {
    const vault = azure.keyVault.source('vault', words[2] ?? '');
    for (const key of words.includes('--all') ? (vault?.keyNames() ?? []) : [words[4] ?? '']) vault?.purgeKey(key);
    return { code: 0, stdout: '', stderr: '' };
  }
  const args = words.map((word, at) =>
    /^(-o|--receipt|--write)$/.test(words[at - 1] ?? '') ? join(folder, `${sections}-${basename(word)}`) : word,
  );
  // The pace is not what is tested here.
  const isPaced = /^(restore|drill)$/.test(args[0] ?? '') && !args.includes('--max-per-second');
  const all = isPaced ? [...args, '--max-per-second', '1000'] : args;
  return runCommand(azure, all, {
    env: { ...env, HTTPS_PROXY: azure.proxy.url },
    answers: 'y\n',
    hoursLater,
    ...(identity && { identity }),
  });
}

function sectionsOf(document: string, text: string) {
  return text
    .split(/^## /m)
    .map((part, index) => ({ heading: index === 0 ? document : (part.split('\n', 1)[0] ?? ''), lines: linesOf(part) }))
    .filter(({ lines }) => lines.length > 0);
}

/** Lines of code blocks, and code in running text unless it only hints at the rest. */
function linesOf(part: string) {
  const found = part.matchAll(/(?:^ *|`)npm run (?:-s )?(?:escrow|local) -- ([^`\n]+)/gm);
  return [...found]
    .map(([, line = '']) => ({ text: line.replace(/\s*#.*$/, '').trim(), exits: exitsOf(line) }))
    .filter(({ text }) => !/…|</.test(text));
}

/** Exit codes that are right. */
function exitsOf(line: string): number[] {
  const [, code, depends] = /# exits (\d)( while)?/.exec(line) ?? [];
  if (code === undefined) return [0];
  return depends === undefined ? [Number(code)] : [0, Number(code)];
}
