import { Agent } from 'node:https';
import { inspect } from 'node:util';

/**
 * A keep-alive agent that honours a corporate proxy and prints nothing about itself. Verbose logging of the SDKs writes each
 * request as JSON, its agent and all that hangs on it: the proxy environment, which would be the whole process's with
 * IDENTITY_HEADER, and the open sockets, with the token in their last request's header.
 */
export function createDiscreetAgent(env: Readonly<Record<string, string | undefined>>): Agent {
  const proxyEnv = Object.fromEntries(Object.entries(env).filter(([name]) => /^(https?|no)_proxy$/i.test(name)));
  const agent = new Agent({ keepAlive: true, proxyEnv });
  const label = () => 'https.Agent';
  return Object.defineProperties(agent, { toJSON: { value: label }, [inspect.custom]: { value: label } });
}
