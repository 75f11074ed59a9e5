/** What the process ends with; documented in docs/command-line.md, so that scripts can rely on it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, findings: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
