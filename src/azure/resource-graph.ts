import type { PipelineResponse } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import type { Clock } from './http/clock.ts';
import { parseObject } from './http/service-answer.ts';
import { createResourceManager } from './resource-manager.ts';

export type ResourceGraph = ReturnType<typeof createResourceGraph>;

const apiVersion = '2022-10-01';

/**
 * Azure Resource Graph, asked directly: one POST a page, 1,000 rows a page. A query must be ordered by id and have no `limit`,
 * or the service gives no token for the next page.
 * https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources
 * @param endpoint of Azure Resource Manager; the token is for it, and nothing is sent to another host.
 */
export function createResourceGraph(endpoint: string, credential: TokenCredential, clock: Clock) {
  const path = `/providers/Microsoft.ResourceGraph/resources?api-version=${apiVersion}`;
  const { ask, invalid } = createResourceManager(endpoint, credential, clock, 'Resource Graph');

  return {
    /**
     * The rows of a query over what the identity may see, page by page; of these subscriptions only, where any are given.
     * @throws ServiceError, OutOfTime. Rows that the service holds back are an error: nobody may take a part for the whole.
     */
    async *query(kql: string, subscriptionIds: readonly string[], deadline: AbortSignal): AsyncGenerator<unknown> {
      const subscriptions = subscriptionIds.length > 0 ? { subscriptions: subscriptionIds } : {};
      const seen = new Set<string>();
      for (let skipToken: string | undefined; ; ) {
        const options = { resultFormat: 'objectArray', ...(skipToken === undefined ? {} : { $skipToken: skipToken }) };
        const body = { query: kql, ...subscriptions, options };
        const response = await ask({ method: 'POST', path, body }, deadline);
        const { data, $skipToken, resultTruncated } = parseObject(response.bodyAsText) ?? {};
        if (!Array.isArray(data)) throw invalid('the answer is not a page of rows');
        yield* data;
        skipToken = typeof $skipToken === 'string' ? $skipToken : undefined;
        if (skipToken === undefined) {
          if (resultTruncated === 'true') throw invalid('the answer is truncated, and leads to no further page');
          return;
        }
        if (seen.has(skipToken)) throw invalid('the pages go round in a circle');
        seen.add(skipToken);
        await clock.sleep(pauseAfter(response), deadline);
      }
    },
  };
}

/** How long the service asks to wait before the next query: only once the quota of this window is used up. */
function pauseAfter({ headers }: PipelineResponse): number {
  if (headers.get('x-ms-user-quota-remaining') !== '0') return 0;
  const [, hours = 0, minutes = 0, seconds = 5] =
    /^(\d+):(\d\d):(\d\d)$/.exec(headers.get('x-ms-user-quota-resets-after') ?? '') ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
