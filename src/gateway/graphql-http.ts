/**
 * GraphQL over HTTP: Apollo Server decides about methods, media types, CSRF and status codes; the
 * documents are limited before it and executed by our executor.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ApolloServer,
  type ApolloServerOptionsWithGateway,
  type ApolloServerPlugin,
  type BaseContext,
  HeaderMap,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import {
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import { parseWithinLimits, TOKENS_MAX } from './document-limits.ts';
import type { Executor } from './executor.ts';
import { badRequest, readJson } from './http-body.ts';
import { type FaultLog, presentError } from './present-error.ts';
import { RecentlyUsed } from './recently-used.ts';

export type GraphqlHttpOptions = {
  readonly schema: GraphQLSchema;
  readonly execute: Executor;
  /** Makes the context that the resolvers of one request share. */
  readonly contextFor: (request: IncomingMessage, requestId: string) => BaseContext;
  readonly introspection: boolean;
  readonly log: FaultLog;
};

export type GraphqlHttp = {
  answer(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void>;
  stop(): Promise<void>;
};

type ApolloGateway = ApolloServerOptionsWithGateway<BaseContext>['gateway'];

const ADMITTED_MAX = 1_000;

/** A subscription needs a socket: over HTTP its first result would look like an answer. */
const refuseSubscriptions: ApolloServerPlugin = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
        throw badRequest('Subscriptions run over WebSocket (graphql-transport-ws).');
      }
    },
  }),
};

/** What is known of a request while it runs. */
type RequestNotes = {
  readonly requestId: string;
  /** How long the client should wait before the next one; 0 where nothing was refused for that. */
  retryAfterSeconds: number;
};

/** The longest delay that an error of the answer asks for becomes the header of the answer. */
function noteDelay(notes: RequestNotes, { extensions = {} }: GraphQLFormattedError): void {
  const seconds = extensions['retryAfterSeconds'];
  if (extensions['code'] !== 'RATE_LIMITED' || typeof seconds !== 'number') return;
  notes.retryAfterSeconds = Math.max(notes.retryAfterSeconds, seconds);
}

/** Apollo's name for an executor of one's own. */
function asApolloGateway(schema: GraphQLSchema, execute: Executor): ApolloGateway {
  return {
    onSchemaLoadOrUpdate: (listener) => {
      listener({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: async () => ({
      executor: async ({ document, source, request, context }) =>
        execute({
          document,
          source,
          operationName: request.operationName,
          variables: request.variables,
          context,
        }),
    }),
    stop: async () => undefined,
  };
}

/** Remembers which documents are within the limits, so that a known one is parsed once only. */
function createAdmission(): (query: unknown) => void {
  const admitted = new RecentlyUsed<true>(ADMITTED_MAX);
  return (query) => {
    if (typeof query !== 'string' || admitted.get(query) === true) return;
    try {
      parseWithinLimits(query);
    } catch (error) {
      // Apollo parses again and words a syntax error with its status.
      if (error instanceof GraphQLError) return;
      throw new GraphQLError('refused', {
        originalError: error as Error,
        extensions: { http: { status: 400 } },
      });
    }
    admitted.set(query, true);
  };
}

function searchOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at);
}

const queryOf = (request: IncomingMessage, body: unknown): unknown =>
  request.method === 'GET'
    ? new URLSearchParams(searchOf(request)).get('query')
    : (body as { readonly query?: unknown } | null | undefined)?.query;

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

/** Apollo's own messages may quote a request; the log takes only that something failed. */
function silentLogger(log: FaultLog) {
  const fault = { requestId: '', name: 'ApolloServer', path: '', frames: '' };
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => log.error(fault, 'the GraphQL server failed'),
  };
}

export async function createGraphqlHttp(options: GraphqlHttpOptions): Promise<GraphqlHttp> {
  const { log } = options;
  const requests = new AsyncLocalStorage<RequestNotes>();
  const admit = createAdmission();
  const apollo = new ApolloServer({
    gateway: asApolloGateway(options.schema, options.execute),
    introspection: options.introspection,
    hideSchemaDetailsFromClientErrors: !options.introspection,
    parseOptions: { maxTokens: TOKENS_MAX },
    includeStacktraceInErrorResponses: false,
    nodeEnv: 'production',
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger: silentLogger(log),
    formatError(_formatted, error) {
      const notes = requests.getStore();
      const shown = presentError(error, notes?.requestId ?? '', log);
      if (notes) noteDelay(notes, shown);
      return shown;
    },
    plugins: [
      refuseSubscriptions,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
  await apollo.start();

  async function run(request: IncomingMessage, body: unknown, requestId: string) {
    return apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method ?? '',
        headers: headersOf(request),
        search: searchOf(request),
        body,
      },
      context: async () => {
        admit(queryOf(request, body));
        return options.contextFor(request, requestId);
      },
    });
  }

  return {
    async answer(request, response, requestId) {
      const notes: RequestNotes = { requestId, retryAfterSeconds: 0 };
      await requests.run(notes, async () => {
        let body: unknown;
        try {
          body = await readJson(request);
        } catch (error) {
          answerFault(response, error, requestId, log);
          return;
        }
        const answer = await run(request, body, requestId);
        response.statusCode = answer.status ?? 200;
        for (const [name, value] of answer.headers) response.setHeader(name, value);
        if (notes.retryAfterSeconds > 0) {
          response.setHeader('retry-after', String(notes.retryAfterSeconds));
        }
        if (answer.body.kind === 'complete') response.end(answer.body.string);
        else throw new Error('incremental delivery is not offered');
      });
    },
    stop: () => apollo.stop(),
  };
}

/** The answer to a request that never reached Apollo. */
function answerFault(
  response: ServerResponse,
  error: unknown,
  requestId: string,
  log: FaultLog,
): void {
  const http = error instanceof GraphQLError ? error.extensions['http'] : undefined;
  response.statusCode = (http as { readonly status: number } | undefined)?.status ?? 500;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  // What is left of the body is not read: the connection cannot be used again.
  response.setHeader('connection', 'close');
  response.end(JSON.stringify({ errors: [presentError(error, requestId, log)] }));
}
