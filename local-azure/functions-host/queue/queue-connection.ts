import { Agent } from 'node:https';
import { storageTokens } from './managed-identity.ts';
import { requestPatiently, type ServiceAnswer } from './patient-request.ts';
import { messageXml, type ReceivedMessage, receivedMessages, textOf } from './queue-xml.ts';

type Settings = Readonly<Record<string, string | undefined>>;

/** The calls of one queue that the host makes. @throws QueueFault, or why there was no answer. */
export interface Queue {
  readonly name: string;
  sendMessage(text: string): Promise<void>;
  receiveMessages(count: number, visibilityTimeoutSeconds: number): Promise<readonly ReceivedMessage[]>;
  /** @returns the receipt that counts from now on. */
  updateMessage(messageId: string, popReceipt: string, visibilityTimeoutSeconds: number): Promise<string>;
  deleteMessage(messageId: string, popReceipt: string): Promise<void>;
}

/** What the service refused, in its words. */
export class QueueFault extends Error {
  override readonly name = 'QueueFault';
  readonly statusCode: number;
  readonly code: string;
  constructor({ status, headers, body }: ServiceAnswer) {
    const code = String(headers['x-ms-error-code'] ?? textOf(body, 'Code'));
    super(`${textOf(body, 'Message')}\nStatus: ${status}\nErrorCode: ${code}`);
    this.statusCode = status;
    this.code = code;
  }
}

/**
 * The queues behind a connection name: `NAME__queueServiceUri`, with `NAME__credential` and `NAME__clientId`.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#identity-based-connections
 * The REST calls are its own: loading the SDK would be three quarters of the start of a host.
 * @throws in the words of the real host when the setting is missing.
 */
export function queueService(
  connection: string,
  settings: Settings,
  retryDelayMs: number,
): { getQueue(name: string): Queue } {
  const uri = settings[`${connection}__queueServiceUri`];
  if (uri === undefined || uri === '') {
    throw new Error(
      `Storage account connection string '${connection}' does not exist. Make sure that it is a defined App Setting: ` +
        `set ${connection}__queueServiceUri.`,
    );
  }
  const getToken = storageTokens(connection, settings, retryDelayMs);
  const { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } = process.env;
  const agent = new Agent({ keepAlive: true, proxyEnv: { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } });

  const call = async (method: string, path: string, query: Readonly<Record<string, string>> = {}, body = '') => {
    const url = new URL(`${uri.replace(/\/$/, '')}/${path}`);
    url.search = new URLSearchParams(query).toString();
    const headers = {
      authorization: `Bearer ${await getToken()}`,
      'x-ms-version': '2024-11-04',
      'x-ms-date': new Date().toUTCString(),
      ...(body && { 'content-type': 'application/xml' }),
    };
    const answer = await requestPatiently({ url, method, headers, body, agent }, retryDelayMs);
    if (answer.status >= 300) throw new QueueFault(answer);
    return answer;
  };

  return {
    getQueue: (name) => ({
      name,
      async sendMessage(text) {
        await call('POST', `${name}/messages`, {}, messageXml(text));
      },
      async receiveMessages(count, seconds) {
        const query = { numofmessages: String(count), visibilitytimeout: String(seconds) };
        return receivedMessages((await call('GET', `${name}/messages`, query)).body);
      },
      async updateMessage(messageId, popreceipt, seconds) {
        const query = { popreceipt, visibilitytimeout: String(seconds) };
        const { headers } = await call('PUT', `${name}/messages/${messageId}`, query);
        return String(headers['x-ms-popreceipt'] ?? popreceipt);
      },
      async deleteMessage(messageId, popreceipt) {
        await call('DELETE', `${name}/messages/${messageId}`, { popreceipt });
      },
    }),
  };
}
