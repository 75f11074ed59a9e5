import { spawnSync } from 'node:child_process';

/*
 * Audits the production dependencies where the registry has an audit service, and says why where it has none. Not a part of
 * npm test: what is published tomorrow must not fail what was tested today. CI runs it.
 */
const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
const answer = parse(stdout);

if (answer?.metadata?.vulnerabilities === undefined) {
  const reason = error?.message ?? answer?.message ?? answer?.error?.summary ?? 'npm audit gave no answer';
  console.log(`skipped: the production dependencies were not audited: ${reason}`);
} else {
  const { high = 0, critical = 0, total = 0 } = answer.metadata.vulnerabilities;
  console.log(
    `npm audit: ${total} advisories about production dependencies, ${high + critical} of them high or critical`,
  );
  for (const [name, { severity }] of Object.entries(answer.vulnerabilities ?? {}))
    console.log(`- ${name}: ${severity}`);
  if (high + critical > 0) process.exitCode = 1;
}

interface AuditAnswer {
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
}

function parse(text: string | null): AuditAnswer | undefined {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
