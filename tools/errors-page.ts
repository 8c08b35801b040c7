/** `docs/errors.md`, printed from the table of codes. Run this file to write it. */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { ERROR_CODES } from '#core/errors.ts';
import { CLOSE_CODES } from '#gateway/close-codes.ts';
import { REQUEST_FAULTS } from '#gateway/present-error.ts';

export const ERRORS_PAGE = new URL('../docs/errors.md', import.meta.url);

const HEAD = `# Error codes

An operating error reaches a client as a GraphQL error with \`extensions.code\` and \`requestId\`; beside
them stand the fields of its context: \`field\`, \`reason\` and \`hint\` where somebody can change something.
An expected outcome is no error: a payment that policy blocks is a transfer in state REJECTED whose
decision names POLICY_DENIED, LIMIT_EXCEEDED or DATA_MISSING as the reason.

The codes are stable. This page is printed from \`src/core/errors.ts\` and \`src/gateway/\`
(\`tools/errors-page.ts\`).

## Of the platform

`;

const REQUESTS = `
## Of a request that no part of the platform saw

The answer has an HTTP status of 400 to 415, and the message says what to change.

`;

const SOCKETS = `
## Close codes of a WebSocket

Beside those of \`graphql-transport-ws\` (4400, 4401, 4406, 4408, 4409, 4429):

`;

const table = (of: string, rows: Readonly<Record<string, string>>): string =>
  [
    `| ${of} | what it says |\n| --- | --- |\n`,
    ...Object.entries(rows).map(([code, sentence]) => `| \`${code}\` | ${sentence} |\n`),
  ].join('');

export const errorsPage = (): string =>
  [
    HEAD,
    table('code', ERROR_CODES),
    REQUESTS,
    table('code', REQUEST_FAULTS),
    SOCKETS,
    table('close code', CLOSE_CODES),
  ].join('');

if (argv[1] === import.meta.filename) writeFileSync(ERRORS_PAGE, errorsPage());
