/** `docs/errors.md`, printed from the table of codes. Run this file to write it. */
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { ERROR_CODES } from '#core/errors.ts';

export const ERRORS_PAGE = new URL('../docs/errors.md', import.meta.url);

const HEAD = `# Error codes

An operating error reaches a client as a GraphQL error with \`extensions.code\` and \`requestId\`; beside
them stand the fields of its context: \`field\`, \`reason\` and \`hint\` where somebody can change something.
An expected outcome is no error: a payment that policy blocks is a transfer in state REJECTED whose
decision names POLICY_DENIED, LIMIT_EXCEEDED or DATA_MISSING as the reason.

The codes are stable. This page is printed from \`src/core/errors.ts\`.

| code | what a person reads |
| --- | --- |
`;

export const errorsPage = (): string =>
  `${HEAD}${Object.entries(ERROR_CODES)
    .map(([code, sentence]) => `| \`${code}\` | ${sentence} |\n`)
    .join('')}`;

if (argv[1] === import.meta.filename) writeFileSync(ERRORS_PAGE, errorsPage());
