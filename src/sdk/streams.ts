/**
 * Subscriptions over WebSocket (`graphql-transport-ws`). A stream that is cut off, or that fails on
 * the platform's side, begins again by itself where it was: the caller sees no gap and nothing twice.
 */
import { type Client, createClient } from 'graphql-ws/client';
import {
  CountersignError,
  errorFrom,
  isCountersignError,
  type ReportedError,
  type SdkErrorCode,
} from './error.ts';
import type { Variables } from './transport.ts';

const CLOSE_FORBIDDEN = 4403;
/** Bad request, unauthorised, protocol, taken id, second handshake. */
const PROTOCOL_FAULTS: readonly number[] = [4400, 4401, 4406, 4409, 4429];
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;

export type StreamsOptions = {
  readonly endpoint: string;
  readonly webSocket: typeof globalThis.WebSocket;
  readonly token: () => string | undefined;
};

/** What to ask for, at the beginning and after each interruption. */
export type StreamRequest = { readonly query: string; readonly variables: Variables };

export type Streams = {
  /**
   * The values of `field`. `request` is asked again after an interruption, and says from where to go
   * on; `accept` refuses what was seen already.
   * @throws CountersignError when the platform refuses the stream or the session has ended
   */
  open<Item>(
    field: string,
    request: () => Promise<StreamRequest>,
    accept: (item: Item) => boolean,
  ): AsyncIterableIterator<Item>;
  /** The session has changed: what is opened from now on uses a new connection. */
  reset(): void;
  /** Ends every stream. */
  close(): void;
};

type Answer<Item> = {
  readonly data?: { readonly [field: string]: Item } | null;
  readonly errors?: readonly ReportedError[];
};

/** How a closed socket looks: the browser's CloseEvent. */
type Closed = { readonly code: number; readonly reason: string };

const isClosed = (error: unknown): error is Closed =>
  typeof error === 'object' && error !== null && 'code' in error && 'reason' in error;

/** A connection that could not be made or broke off, as the browser's Event tells. */
const isBroken = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && (error as { type?: unknown }).type === 'error';

/**
 * Whether a stream may begin again after this. The protocol's own complaints would only return, as
 * would a refusal; a fault of the platform, such as a read that failed, passes.
 */
const isInterruption = (error: unknown): boolean =>
  isClosed(error)
    ? error.code !== CLOSE_FORBIDDEN && !PROTOCOL_FAULTS.includes(error.code)
    : isBroken(error) ||
      isCountersignError(error, 'INTERNAL') ||
      isCountersignError(error, 'NO_CONNECTION');

/** The reports of a stream that was refused or failed, as the one kind of error that the SDK throws. */
const readable = (error: unknown): unknown =>
  Array.isArray(error) ? errorFrom(error[0] as ReportedError) : error;

/** What the caller sees when a stream has ended for good. */
function finalError(error: unknown): unknown {
  if (!isClosed(error)) return error;
  const fault = error.code === CLOSE_FORBIDDEN ? 'UNAUTHENTICATED' : 'BAD_REQUEST';
  const code = (/^[A-Z_]+$/.test(error.reason) ? error.reason : fault) as SdkErrorCode;
  return new CountersignError(code, `The platform closed the connection: ${error.reason}`);
}

/** One stream of a caller, through all its connections. */
class Stream<Item> implements AsyncIterableIterator<Item> {
  readonly #connect: () => Client;
  readonly #field: string;
  readonly #request: () => Promise<StreamRequest>;
  readonly #accept: (item: Item) => boolean;
  readonly #onEnd: () => void;
  readonly #ended = Promise.withResolvers<void>();
  #answers: AsyncIterator<Answer<Item>> | undefined;
  #isOver = false;
  #retryMs = RETRY_FIRST_MS;

  constructor(
    connect: () => Client,
    wanted: {
      readonly field: string;
      readonly request: () => Promise<StreamRequest>;
      readonly accept: (item: Item) => boolean;
    },
    onEnd: (stream: Stream<Item>) => void,
  ) {
    this.#connect = connect;
    this.#field = wanted.field;
    this.#request = wanted.request;
    this.#accept = wanted.accept;
    this.#onEnd = () => onEnd(this);
  }

  async next(): Promise<IteratorResult<Item>> {
    while (!this.#isOver) {
      const item = await this.#take();
      if (item !== undefined) return { done: false, value: item };
    }
    return { done: true, value: undefined };
  }

  /** The next new item; undefined where there is none, and the loop looks at why. */
  async #take(): Promise<Item | undefined> {
    try {
      const answers = this.#answers ?? (await this.#begin());
      // The caller may have left while the request was made up.
      if (answers === undefined) return undefined;
      const answer = await answers.next();
      if (answer.done) {
        await this.return();
        return undefined;
      }
      const { data, errors } = answer.value;
      if (errors?.[0] !== undefined) throw errorFrom(errors[0]);
      const item = data?.[this.#field];
      if (item === undefined || !this.#accept(item)) return undefined;
      // What was seen before is no progress: a stream that fails after it must not fail ever faster.
      this.#retryMs = RETRY_FIRST_MS;
      return item;
    } catch (failure) {
      const error = readable(failure);
      // An answer with errors does not end its operation.
      await this.#answers?.return?.();
      this.#answers = undefined;
      if (!isInterruption(error)) {
        await this.return();
        throw finalError(error);
      }
      await this.#pause();
      return undefined;
    }
  }

  async #begin(): Promise<AsyncIterator<Answer<Item>> | undefined> {
    const request = await this.#request();
    if (this.#isOver) return undefined;
    this.#answers = this.#connect().iterate(request) as AsyncIterator<Answer<Item>>;
    return this.#answers;
  }

  async #pause(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#retryMs);
    });
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
    await Promise.race([waited, this.#ended.promise]);
    clearTimeout(timer);
  }

  async return(): Promise<IteratorResult<Item>> {
    this.#isOver = true;
    this.#ended.resolve();
    this.#onEnd();
    await this.#answers?.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export function createStreams({ endpoint, webSocket, token }: StreamsOptions): Streams {
  let client: Client | undefined;
  const open = new Set<{ return(): Promise<unknown> }>();

  const connect = (): Client =>
    (client ??= createClient({
      url: endpoint,
      webSocketImpl: webSocket,
      retryAttempts: 0,
      connectionParams: () => {
        const present = token();
        return present === undefined ? {} : { authorization: `Bearer ${present}` };
      },
    }));

  return {
    open<Item>(
      field: string,
      request: () => Promise<StreamRequest>,
      accept: (item: Item) => boolean,
    ) {
      const wanted = { field, request, accept };
      const stream = new Stream<Item>(connect, wanted, (ended) => open.delete(ended));
      open.add(stream);
      return stream;
    },
    reset() {
      client = undefined;
    },
    close() {
      for (const stream of open) void stream.return();
      void client?.dispose();
      client = undefined;
    },
  };
}
