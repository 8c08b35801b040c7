/** The `countersign` command. */
import { text } from 'node:stream/consumers';
import { runCommandLine } from './command-line.ts';

const { stdin, stdout, stderr, env } = process;

// A reader such as `head` may go before the last line: that is no fault.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const terminal = {
  out: (line: string) => stdout.write(`${line}\n`),
  err: (line: string) => stderr.write(`${line}\n`),
  input: () => text(stdin),
  onInterrupt: (end: () => void) => process.once('SIGINT', end),
  ...(stderr.isTTY && { progress: (line: string) => stderr.write(`\r\u001b[2K${line}`) }),
  colors: stdout.isTTY && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb',
};
process.exitCode = await runCommandLine(process.argv.slice(2), terminal, env);
