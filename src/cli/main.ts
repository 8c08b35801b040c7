/** The `countersign` command. */
import { runCommandLine } from './command-line.ts';

const { stdout, stderr, env } = process;

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (line) => stdout.write(`${line}\n`),
  err: (line) => stderr.write(`${line}\n`),
  colors: stdout.isTTY && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb',
});
