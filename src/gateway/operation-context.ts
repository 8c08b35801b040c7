/** Builds what the resolvers of one operation share, for a request and for a socket alike. */
import { PlatformError } from '#core/errors.ts';
import type { Actor } from '#identity/actor.ts';
import { authenticate } from '#identity/session.ts';
import type { Context, EventFeed } from '#resolvers/context.ts';
import { createLoaders } from '#resolvers/loaders.ts';
import type { Services } from '#workflow/services.ts';
import { callerOf, type RateLimit } from './rate-limit.ts';

const BEARER = /^Bearer ([A-Za-z0-9_-]{1,512})$/i;

/** The token of an `Authorization` value; undefined where it is none. */
export const bearerToken = (authorization: string | undefined): string | undefined =>
  BEARER.exec(authorization ?? '')?.[1];

export type ContextParts = {
  readonly services: Services;
  readonly feed: EventFeed;
  readonly operatorToken: string;
  readonly ceremonies: RateLimit;
};

/** The session is read when the first resolver asks for it, and once. */
export function operationContext(
  { services, feed, operatorToken, ceremonies }: ContextParts,
  caller: {
    readonly authorization: string | undefined;
    /** Ends the connection of a consumer that reads too slowly. */
    readonly fallBehind: () => void;
    readonly address: string | undefined;
  },
): Context {
  const token = bearerToken(caller.authorization);
  let asking: Promise<Actor> | undefined;
  const actor = (): Promise<Actor> => (asking ??= whoIs(services, token));
  return {
    services,
    feed,
    operatorToken,
    token,
    actor,
    actAs(session) {
      asking = Promise.resolve(session.actor);
      return session;
    },
    fallBehind: caller.fallBehind,
    countCeremony: () => requireRate(ceremonies, callerOf(caller.address)),
    loaders: createLoaders(services.db, async () => (await actor()).organization),
  };
}

/** @throws RATE_LIMITED */
function requireRate(limit: RateLimit, caller: string): void {
  const waitMs = limit.take(caller);
  if (waitMs === 0) return;
  throw new PlatformError('RATE_LIMITED', {
    reason: 'too many sign-ins and registrations from this address',
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });
}

async function whoIs(services: Services, token: string | undefined): Promise<Actor> {
  if (token === undefined) throw new PlatformError('UNAUTHENTICATED');
  return authenticate(services, token);
}
