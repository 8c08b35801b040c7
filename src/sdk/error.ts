/** What the SDK throws: the API's refusals, the refusals of the SDK itself, and a broken connection. */
import { type ErrorCode, type ErrorContext, isPlatformError } from '#core/errors.ts';

/**
 * A code of the platform, or one of the protocol's: `GRAPHQL_VALIDATION_FAILED` and its like are faults
 * of the request, `NO_CONNECTION` says that the platform did not answer.
 */
export type SdkErrorCode =
  | ErrorCode
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'BAD_REQUEST'
  | 'PAYLOAD_TOO_LARGE'
  | 'NO_CONNECTION';

export class CountersignError extends Error {
  override readonly name = 'CountersignError';
  readonly code: SdkErrorCode;
  /** The fields that stand beside the code, such as `field`, `reason` and `hint`. */
  readonly context: ErrorContext;
  /** Names the request in the platform's log; absent where the SDK itself refused. */
  readonly requestId: string | undefined;

  constructor(
    code: SdkErrorCode,
    message: string,
    detail: { readonly context?: ErrorContext; readonly requestId?: string } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.context = detail.context ?? {};
    this.requestId = detail.requestId;
  }
}

export const isCountersignError = (
  error: unknown,
  code?: SdkErrorCode,
): error is CountersignError =>
  error instanceof CountersignError && (code === undefined || error.code === code);

/** An error as GraphQL reports it. */
export type ReportedError = {
  readonly message: string;
  readonly extensions?: { readonly [field: string]: unknown } | undefined;
};

export function errorFrom({ message, extensions = {} }: ReportedError): CountersignError {
  const { code, requestId, ...context } = extensions;
  return new CountersignError((code ?? 'INTERNAL') as SdkErrorCode, message, {
    context: context as ErrorContext,
    ...(typeof requestId === 'string' ? { requestId } : {}),
  });
}

/** The SDK's own refusal, from the floors below it, as the one kind of error that it throws. */
export function asCountersignError(error: unknown): unknown {
  if (!isPlatformError(error)) return error;
  const { code, message, context } = error;
  return new CountersignError(code, message, { context }, { cause: error });
}
