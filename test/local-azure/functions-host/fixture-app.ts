/* A small application with the real library, bundled by the tests as the product is. It does what its settings say. */
import { app, type InvocationContext, output, type StorageQueueTriggerOptions, type Timer } from '@azure/functions';

const poison = output.storageQueue({ queueName: '%FIXTURE_QUEUE%-poison', connection: 'FIXTURE' });

function say(context: InvocationContext, fields: object): void {
  context.log(JSON.stringify(fields));
}

async function obey(what: unknown, context: InvocationContext): Promise<void> {
  switch (what) {
    case 'throw':
      throw new Error('told to throw');
    case 'throwNothing':
      throw undefined;
    case 'die':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'hang':
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      break;
    case 'dieOnce':
      if (context.retryContext?.retryCount === 0) process.kill(process.pid, 'SIGKILL');
      break;
    case 'throwOnce':
      if (context.retryContext?.retryCount === 0) throw new Error('told to throw once');
      break;
  }
}

if (process.env.FIXTURE_LOAD === 'throwFirst') throw new Error('told to throw while loading');

app.timer('nightly', {
  schedule: '%FIXTURE_SCHEDULE%',
  retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { minutes: 5 } },
  return: output.storageQueue({ queueName: '%FIXTURE_QUEUE%', connection: 'FIXTURE' }),
  handler: async (timer: Timer, context) => {
    const { retryContext, triggerMetadata } = context;
    say(context, { timer, retryContext, hasMetadata: triggerMetadata !== undefined });
    await obey(process.env.FIXTURE_TIMER, context);
    return process.env.FIXTURE_FAN_OUT === undefined ? undefined : JSON.parse(process.env.FIXTURE_FAN_OUT);
  },
});

if (process.env.FIXTURE_LOAD === 'hook') app.hook.preInvocation(() => undefined);
if (process.env.FIXTURE_LOAD === 'throwLater') throw new Error('told to throw while loading');

/** The library's types do not know `dataType`, the host does. */
const trigger: StorageQueueTriggerOptions & { dataType: string | undefined } = {
  queueName: '%FIXTURE_QUEUE%',
  connection: 'FIXTURE',
  dataType: process.env.FIXTURE_DATA_TYPE,
};

app.storageQueue('onDemand', {
  ...trigger,
  extraOutputs: [poison],
  handler: async (message: unknown, context) => {
    const shown = Buffer.isBuffer(message) ? { hex: message.toString('hex') } : message;
    say(context, { message: shown, type: typeof message, metadata: context.triggerMetadata });
    if (Buffer.isBuffer(message)) return context.extraOutputs.set(poison, message);
    const asked = (message ?? {}) as { do?: string; ms?: number; put?: unknown };
    if (asked.put !== undefined) context.extraOutputs.set(poison, asked.put);
    if (asked.do === 'refuse' || asked.do === 'refuseAndThrow') context.extraOutputs.set(poison, message);
    if (asked.do === 'logLater') setTimeout(() => say(context, { isLate: true }), 1);
    if (asked.do === 'wait') await new Promise((resolve) => setTimeout(resolve, asked.ms));
    await obey(asked.do === 'refuseAndThrow' ? 'throw' : asked.do, context);
  },
});
