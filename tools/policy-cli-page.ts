/**
 * `docs/policy/cli.md`: its prose is written by hand, the outputs in it are what the commands print.
 * Run this file to write them anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { runCommandLine } from '#cli/command-line.ts';

export const CLI_PAGE = join(import.meta.dirname, '..', 'docs', 'policy', 'cli.md');

const BLOCK = /```console\n\$ countersign ([^\n]*)\n[^]*?```/g;

/** The page with the outputs of its commands. Paths in them are relative to the working folder. */
export async function cliPage(): Promise<string> {
  const page = readFileSync(CLI_PAGE, 'utf8');
  const outputs: string[] = [];
  for (const [, call = ''] of page.matchAll(BLOCK)) outputs.push(await outputOf(call));
  return page.replace(BLOCK, (_, call: string) => {
    const output = outputs.shift() ?? '';
    return `\`\`\`console\n$ countersign ${call}\n${output}\n\`\`\``;
  });
}

async function outputOf(call: string): Promise<string> {
  const words = [...call.matchAll(/"([^"]*)"|(\S+)/g)].map(([, text, word]) => text ?? word ?? '');
  const lines: string[] = [];
  const print = (line: string): void => {
    lines.push(line);
  };
  await runCommandLine(words, { out: print, err: print, colors: false });
  return lines.join('\n');
}

if (argv[1] === import.meta.filename) writeFileSync(CLI_PAGE, await cliPage());
