import { createMemoryStore } from '../support/memory-store.ts';
import { describeEscrowStore } from './escrow-store.ts';

describeEscrowStore('in the memory of a test', async () => ({
  store: createMemoryStore(),
  missing: createMemoryStore({ isMissing: true }),
  close: async () => undefined,
}));
