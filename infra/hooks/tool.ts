import { spawnSync } from 'node:child_process';

/** What a tool answered; `missing` when it is not on the PATH. */
export type ToolAnswer =
  | { readonly kind: 'done'; readonly stdout: string }
  | { readonly kind: 'failed'; readonly stderr: string }
  | { readonly kind: 'missing' };

const onWindows = process.platform === 'win32';

/**
 * Runs `az` or `azd`. On Windows both are scripts, which only a shell runs: words with anything but plain characters are refused,
 * so that none can be read as something else there.
 * @throws Error on such a word.
 */
export function runTool(tool: 'az' | 'azd', ...words: string[]): ToolAnswer {
  const odd = words.find((word) => !/^[\w./:=-]+$/.test(word));
  if (odd !== undefined)
    throw new Error(`${tool} is not given ${JSON.stringify(odd)}: only letters, digits and ./:=-_.`);
  const { status, stdout, stderr, error } = spawnSync(tool, words, {
    encoding: 'utf8',
    shell: onWindows,
    maxBuffer: 256 * 1024 * 1024,
  });
  // cmd.exe says 1 and a sentence in the language of the machine; its own code for "not recognised" is 9009.
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT' || status === 9009) return { kind: 'missing' };
  if (error !== undefined) return { kind: 'failed', stderr: error.message };
  return status === 0
    ? { kind: 'done', stdout }
    : { kind: 'failed', stderr: stderr.trim() || `it ended with ${status}` };
}

/** Whether a version such as 1.24.1 is at least another; what follows the three numbers does not count. */
export function isAtLeast(version: string, least: string): boolean {
  const [one, other] = [version, least].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (one?.[index] ?? 0) - (other?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
