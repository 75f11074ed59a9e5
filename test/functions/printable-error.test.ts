import { expect, test } from 'vitest';
import { useEscrowApp } from '../support/escrow-scene.ts';
import { answer } from '../support/fault-effects.ts';
import { lastNight } from '../support/now.ts';

// Clears the screen, and turns the reading direction.
const hostile = 'no \u001b[2J access \u202egnp';

const { azure, app } = await useEscrowApp(
  [{ kind: 'vault', name: 'contoso-prod', keys: ['signing'] }],
  [{ vaultName: 'contoso-prod' }],
);
azure.keyVault.faults.add({ operation: 'backupKey', effect: answer(403, 'Forbidden', hostile) });

test.each([
  ['a night', () => app.nightly(lastNight())],
  ['a request', () => app.deliver({ vaultName: 'contoso-prod', name: 'signing' })],
])('what fails %s steers no terminal that shows its log', async (_, invoke) => {
  const { error } = await invoke();
  const causes = error instanceof AggregateError ? error.errors.flatMap((one: Error) => [one, one.cause as Error]) : [];
  expect(causes.length).toBeGreaterThan(0);
  for (const one of [error, ...causes]) {
    const shown = `${one?.message}\n${one?.stack}`;
    expect(shown).toContain('\\u001b[2J access \\u202e');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must not be there
    expect(shown).not.toMatch(/[\u001b\u202e]/);
  }
});
