import tls from 'node:tls';
import type { LocalAzure } from '../local-azure.ts';

/**
 * Makes this process live in a local Azure: environment and trust, as a child gets them at its start.
 * Do it before the first client is made, and once per process: the managed identity credential remembers the first
 * IDENTITY_ENDPOINT that it saw.
 * @returns a function that puts everything back.
 */
export function adoptEnvironment(local: LocalAzure, settings: Readonly<Record<string, string>> = {}): () => void {
  const trusted = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...trusted, local.ca]);
  const wanted = { ...local.env, ...settings };
  const before = Object.keys(wanted).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, wanted);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    tls.setDefaultCACertificates(trusted);
  };
}
