/** The policy of a bundle, for commands that need one without errors. */
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { type BundleOnDisk, readBundle } from '#policy-tools/read-bundle.ts';
import { UsageError } from './command.ts';
import { worldOf } from './known-assets.ts';
import { countInWords, printDiagnostics } from './print-diagnostics.ts';
import { type Terminal, printable } from './terminal.ts';

export type Compiled = { readonly bundle: BundleOnDisk; readonly policy: CompiledPolicy };

/** Undefined where it has errors, which are printed then. */
export async function compileOrTell(
  terminal: Terminal,
  path: string,
): Promise<Compiled | undefined> {
  const bundle = await readBundle(path);
  const { policy, diagnostics } = compileBundle(bundle.files, worldOf(bundle));
  if (policy !== undefined) return { bundle, policy };
  printDiagnostics({ ...terminal, out: terminal.err }, bundle, diagnostics);
  terminal.err(`${printable(path)}: ${countInWords(diagnostics)}`);
  return undefined;
}

const TIMEOUT_SECONDS_MAX = 3_600;

/** `--timeout SECONDS`, for each question. @throws UsageError */
export function requireTimeoutMs(text: string | undefined): number {
  const seconds = text === undefined ? 10 : /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= TIMEOUT_SECONDS_MAX) return seconds * 1_000;
  throw new UsageError(`--timeout takes seconds from 1 to ${TIMEOUT_SECONDS_MAX}, not ${text}.`);
}
