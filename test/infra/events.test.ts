import { describe, expect, it } from 'vitest';
import { deploymentSubscription, deployNamed, platformSubscription } from './support/parameter-sets.ts';
import { hostAccount, ofType, roleAssignments } from './support/resources.ts';

const queueDataMessageSender = 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a';

describe('events of new key versions', () => {
  const deployment = deployNamed('many-sources');
  const subscriptions = ofType(deployment, 'Microsoft.EventGrid/systemTopics/eventSubscriptions');

  it('come through a topic beside the vault, made where there is none and used where there is one', () => {
    expect(ofType(deployment, 'Microsoft.EventGrid/systemTopics').map((one) => one.id)).toEqual([
      `/subscriptions/${deploymentSubscription}/resourceGroups/rg-contoso/providers/Microsoft.EventGrid/systemTopics/evgt-key-escrow-Contoso-Prod`,
    ]);
    expect(subscriptions.map((one) => one.id)).toEqual([
      `/subscriptions/${deploymentSubscription}/resourceGroups/rg-contoso/providers/Microsoft.EventGrid/systemTopics/evgt-key-escrow-Contoso-Prod/eventSubscriptions/key-escrow-large`,
      `/subscriptions/${platformSubscription}/resourceGroups/rg-events/providers/Microsoft.EventGrid/systemTopics/evgt-shared/eventSubscriptions/key-escrow-large`,
    ]);
  });

  it('become messages on the on-demand queue that never expire, delivered by the topic’s identity', () => {
    for (const { properties } of subscriptions) {
      expect(properties).toMatchObject({
        filter: { includedEventTypes: ['Microsoft.KeyVault.KeyNewVersionCreated'] },
        deliveryWithResourceIdentity: {
          identity: { type: 'SystemAssigned' },
          destination: {
            endpointType: 'StorageQueue',
            properties: {
              resourceId: hostAccount(deployment).id,
              queueName: 'key-escrow-requests',
              queueMessageTimeToLiveInSeconds: -1,
            },
          },
        },
      });
      expect(properties.destination).toBeUndefined();
    }
  });

  it('may be put on that one queue by those topics, and nowhere else', () => {
    const senders = roleAssignments(deployment).filter((one) => one.roleDefinitionId.endsWith(queueDataMessageSender));
    expect(new Set(senders.map((one) => one.on))).toEqual(
      new Set([`${hostAccount(deployment).id}/queueServices/default/queues/key-escrow-requests`]),
    );
    expect(senders.map((one) => one.principalId)).toEqual(
      subscriptions.map((one) => `identity of ${one.id.replace(/\/eventSubscriptions\/.*/, '')}`),
    );
  });

  it('are asked of no vault that does not want them', () => {
    expect(ofType(deployNamed('no-network'), 'Microsoft.EventGrid/systemTopics')).toEqual([]);
  });
});
