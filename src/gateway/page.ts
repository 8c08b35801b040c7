/** The static page at `/`, on which a person registers a passkey and signs in. */
import type { ServerResponse } from 'node:http';

export type Page = {
  /** Answers a GET of any path that is not the API's. */
  answer(path: string, response: ServerResponse): Promise<void>;
};
