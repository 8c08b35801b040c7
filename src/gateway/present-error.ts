/**
 * What a client sees of an error. A PlatformError shows its code and context; a fault that
 * graphql-js found in the request keeps its sentence; everything else becomes INTERNAL without a
 * word about its cause, which goes to the log.
 */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ERROR_CODES, type ErrorCode, isPlatformError, PlatformError } from '#core/errors.ts';

/** What the log takes of an error that is our own fault: never its message, which may quote input. */
export type FaultRecord = {
  readonly requestId: string;
  /** The name of the error. */
  readonly name: string;
  readonly path: string;
  readonly frames: string;
};

export type FaultLog = { error(record: FaultRecord, message: string): void };

/**
 * Codes of faults in the request itself, found before any resolver runs, with what each says. The
 * error's own message names the place.
 */
export const REQUEST_FAULTS = {
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE: 'The document does not have the one operation that is asked for.',
  BAD_REQUEST: 'The HTTP request is not one that GraphQL over HTTP knows.',
  PAYLOAD_TOO_LARGE: 'The body is larger than the limit.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'Documents are not kept here: send the whole one.',
} as const;

const isRequestFaultCode = (code: unknown): boolean =>
  typeof code === 'string' && Object.hasOwn(REQUEST_FAULTS, code);

const VARIABLE_PATH = /^Variable "\$(\w+)" got invalid value [^]*? at "([^"]+)"; /;
const VARIABLE = /^Variable "\$(\w+)" /;

/** The error at the end of the chain of wrappers. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) {
    cause = cause.originalError;
  }
  return cause;
}

/** The path of the refused value, where graphql-js names one: `input.amount`. */
function refusedPath(message: string): string | undefined {
  return VARIABLE_PATH.exec(message)?.[2] ?? VARIABLE.exec(message)?.[1];
}

function codeOf(code: ErrorCode, context: PlatformError['context']): Record<string, unknown> {
  return { ...context, code };
}

/** Whether graphql-js made the error before execution: it has no path and no foreign cause. */
const isRequestFault = (error: GraphQLError, cause: unknown): boolean =>
  cause instanceof GraphQLError && error.path === undefined;

/**
 * The client's view of an error, with the request's id. Faults of our own are written to the log.
 * `error` may be any value that was thrown.
 */
export function presentError(
  error: unknown,
  requestId: string,
  log: FaultLog,
): GraphQLFormattedError {
  const outer = error instanceof GraphQLError ? error : undefined;
  const cause = rootCause(error);
  const place = {
    ...(outer?.locations === undefined ? {} : { locations: outer.locations }),
    ...(outer?.path === undefined ? {} : { path: outer.path }),
  };
  if (isPlatformError(cause)) {
    const field = outer === undefined ? undefined : refusedPath(outer.message);
    const context = field === undefined ? cause.context : { ...cause.context, field };
    const shown = new PlatformError(cause.code, context);
    return {
      message: shown.message,
      ...place,
      extensions: { ...codeOf(cause.code, context), requestId },
    };
  }
  if (outer !== undefined && isRequestFaultCode(outer.extensions['code'])) {
    const code = outer.extensions['code'];
    return { message: outer.message, ...place, extensions: { code, requestId } };
  }
  if (outer !== undefined && isRequestFault(outer, cause)) {
    const { message } = outer;
    const field = refusedPath(message);
    const reason = message.replace(/\.$/, '');
    const hint = 'Send a value of the type that the schema names here.';
    const context = { ...(field === undefined ? {} : { field }), reason, hint };
    return { message, ...place, extensions: { ...codeOf('INVALID_INPUT', context), requestId } };
  }
  log.error(faultRecord(cause, outer, requestId), 'a request failed');
  return {
    message: ERROR_CODES.INTERNAL,
    ...place,
    extensions: { code: 'INTERNAL', requestId },
  };
}

function faultRecord(
  cause: unknown,
  outer: GraphQLError | undefined,
  requestId: string,
): FaultRecord {
  const stack = cause instanceof Error ? (cause.stack ?? '') : '';
  return {
    requestId,
    name: cause instanceof Error ? cause.name : typeof cause,
    path: outer?.path?.join('.') ?? '',
    frames: stack
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n'),
  };
}
