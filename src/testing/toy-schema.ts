/**
 * A small schema for tests of the transport: fields that answer, refuse and fail, and streams that
 * end, stay silent, and fall behind.
 */
import { buildSchema } from 'graphql';
import { PlatformError } from '#core/errors.ts';
import type { SocketHandle } from '#gateway/sockets.ts';
import { BaseUnitsScalar, JsonScalar } from '#schema/scalars.ts';

export const schema = buildSchema(`
  scalar BaseUnits
  scalar JSON
  input PayInput { amount: BaseUnits! note: String }
  type Query {
    hello: String!
    refused: String
    crashed: String
    missing: String!
    pay(input: PayInput!): String
    json(value: JSON): String
    self: Query
  }
  type Mutation { change: String }
  type Subscription { ticks(count: Int!): Int! silence: Int flood: String }
`);
Object.assign(schema.getType('BaseUnits') as object, BaseUnitsScalar.toConfig());
Object.assign(schema.getType('JSON') as object, JsonScalar.toConfig());

const resolvers: Record<string, Record<string, unknown>> = {
  Query: {
    hello: () => 'world',
    refused: () => {
      throw new PlatformError('IDEMPOTENCY_CONFLICT', { existing: 'trf_1' });
    },
    crashed: () => {
      throw new Error('select secret from vault');
    },
    missing: () => null,
    pay: (_: unknown, { input }: { input: { amount: bigint } }) => String(input.amount + 1n),
    json: (_: unknown, { value }: { value: unknown }) => JSON.stringify(value),
    self: () => ({}),
  },
  Mutation: { change: () => 'changed' },
};
for (const [type, fields] of Object.entries(resolvers)) {
  for (const [field, resolve] of Object.entries(fields)) {
    const target = (schema.getType(type) as { getFields(): Record<string, object> }).getFields();
    Object.assign(target[field] as object, { resolve });
  }
}

/** How many silent streams are open. */
export const streams = { open: 0 };

async function* count(to: number): AsyncGenerator {
  for (let tick = 1; tick <= to; tick++) yield { ticks: tick };
}
function silence(): AsyncIterableIterator<unknown> {
  const ended = Promise.withResolvers<IteratorResult<unknown>>();
  streams.open += 1;
  return {
    next: () => ended.promise,
    return: async () => {
      streams.open -= 1;
      ended.resolve({ done: true, value: undefined });
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
async function* flood(socket: SocketHandle): AsyncGenerator {
  for (let sent = 0; sent < 3; sent++) yield { flood: 'x' };
  socket.fallBehind();
}
const subscriptions = (
  schema.getSubscriptionType() as { getFields(): Record<string, object> }
).getFields();
Object.assign(subscriptions['ticks'] as object, {
  subscribe: (_: unknown, args: { count: number }) => count(args.count),
});
Object.assign(subscriptions['silence'] as object, { subscribe: silence });
Object.assign(subscriptions['flood'] as object, {
  subscribe: (_: unknown, _args: unknown, context: { socket: SocketHandle }) =>
    flood(context.socket),
});
