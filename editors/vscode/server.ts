/** The language server as the extension runs it: over its own standard input and output. */
import { policyLsp } from '#cli/policy-lsp.ts';

const { stderr, argv, env } = process;

// Standard output belongs to the protocol: what the command itself would print goes to the log.
const log = (line: string): boolean => stderr.write(`${line}\n`);

process.exitCode = await policyLsp.run(argv.slice(2), { out: log, err: log, colors: false }, env);
