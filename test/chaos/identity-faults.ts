import type { IdentityEndpoint } from '../../local-azure/identity/identity-endpoint.ts';
import type { NamedFault } from './named-fault.ts';

type IdentityFault = Parameters<IdentityEndpoint['faults']['add']>[0];

/** A row of the identity endpoint after whose fault no key is escrowed. */
const failing = (code: string, name: string, more: Pick<NamedFault, 'arrange'> & Partial<NamedFault>): NamedFault => ({
  ...{ where: 'identity', expected: { escrowed: 'none', code }, name, does: 'says what to check', ...more },
});

/** The faults of the managed identity endpoint. */
export const identityFaults: readonly NamedFault[] = [
  failing('AggregateAuthenticationError', 'no token', {
    clientId: '00000000-0000-4000-8000-00000000dead',
    arrange: () => undefined,
  }),
  ...[
    { name: '429, four times', times: 4, effect: { kind: 'status', status: 429 } },
    { name: '400, once', times: 1, effect: { kind: 'status', status: 400 } },
    { name: '500, eight times', times: 8, effect: { kind: 'status', status: 500 } },
    { name: 'a reset, eight times', times: 8, effect: { kind: 'reset' } },
  ].map(
    ({ name, ...fault }): NamedFault => ({
      where: 'identity',
      expected: 'escrowed',
      name,
      does: 'asks again, up to four times, beside the library’s attempts',
      ...(fault.times === 8 && { patience: 'one time-out' as const }),
      arrange: ({ disturbIdentity }) => disturbIdentity(fault as IdentityFault),
    }),
  ),
  failing('AggregateAuthenticationError', '429, for ever', {
    says: /the managed identity endpoint did not answer .*Another attempt may succeed/s,
    arrange: ({ disturbIdentity }) => disturbIdentity({ effect: { kind: 'status', status: 429 } }),
  }),
  failing('TimedOut', 'no answer', {
    patience: 'five time-outs',
    says: /the managed identity endpoint did not answer \(TimedOut\): no token within 25 s/,
    arrange: ({ disturbIdentity }) => disturbIdentity({ effect: { kind: 'stall' } }),
  }),
];
