/** A message as the service hands it out. */
export interface ReceivedMessage {
  readonly messageId: string;
  /** As on the wire. */
  readonly messageText: string;
  readonly dequeueCount: number;
  readonly popReceipt: string;
  readonly insertedOn: Date;
  readonly expiresOn: Date;
  readonly nextVisibleOn: Date;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text of the first element of that name; empty where there is none. */
export function textOf(xml: string, element: string): string {
  const [, text = ''] = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml) ?? [];
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (reference, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? reference;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

/** The body that puts a message on a queue. */
export function messageXml(text: string): string {
  const escaped = text.replace(/[&<>\r]/g, (one) => `&#${one.charCodeAt(0)};`);
  return `<?xml version="1.0" encoding="utf-8"?><QueueMessage><MessageText>${escaped}</MessageText></QueueMessage>`;
}

/** https://learn.microsoft.com/rest/api/storageservices/get-messages#response-body */
export function receivedMessages(xml: string): ReceivedMessage[] {
  return xml
    .split('<QueueMessage>')
    .slice(1)
    .map((message) => ({
      messageId: textOf(message, 'MessageId'),
      messageText: textOf(message, 'MessageText'),
      dequeueCount: Number(textOf(message, 'DequeueCount')),
      popReceipt: textOf(message, 'PopReceipt'),
      insertedOn: new Date(textOf(message, 'InsertionTime')),
      expiresOn: new Date(textOf(message, 'ExpirationTime')),
      nextVisibleOn: new Date(textOf(message, 'TimeNextVisible')),
    }));
}
