/** One GraphQL operation over HTTP. */
import { CountersignError, errorFrom, type ReportedError } from './error.ts';

export type Variables = { readonly [name: string]: unknown };

export type HttpTransport = {
  /** @throws CountersignError for the first error of the answer, NO_CONNECTION without an answer */
  run<Data>(query: string, variables: Variables, token: string | undefined): Promise<Data>;
};

type Answer = { readonly data?: unknown; readonly errors?: readonly ReportedError[] };

export function createHttpTransport(
  endpoint: string,
  fetch: typeof globalThis.fetch,
): HttpTransport {
  return {
    async run<Data>(query: string, variables: Variables, token: string | undefined) {
      const answer = await post(endpoint, fetch, { query, variables }, token);
      const [error] = answer.errors ?? [];
      if (error !== undefined) throw errorFrom(error);
      return answer.data as Data;
    },
  };
}

async function post(
  endpoint: string,
  fetch: typeof globalThis.fetch,
  body: { readonly query: string; readonly variables: Variables },
  token: string | undefined,
): Promise<Answer> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Answer;
  } catch (cause) {
    throw new CountersignError('NO_CONNECTION', 'The platform does not answer.', {}, { cause });
  }
}
