/**
 * Compiles TestUSDC.sol and writes TestUSDC.json beside it: `npm run contracts`. The artefact is
 * committed, so that nothing at run time needs a compiler; a test compares it with a fresh compile.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import solc from 'solc';

export type Artefact = {
  readonly contract: string;
  readonly compiler: string;
  readonly abi: readonly object[];
  /** Creation code as 0x-prefixed hex. */
  readonly bytecode: string;
};

const NAME = 'TestUSDC';
const SOURCE = `${NAME}.sol`;
const here = (file: string): string => resolve(import.meta.dirname, file);

/** What this compiler prints for our input; solc's own types say nothing. */
type Output = {
  readonly errors?: readonly { readonly formattedMessage: string }[];
  readonly contracts: Readonly<
    Record<
      string,
      Readonly<Record<string, { abi: object[]; evm: { bytecode: { object: string } } }>>
    >
  >;
};

/** @throws Error with the compiler's words; a warning counts as an error */
export function compileTestUsdc(): Artefact {
  const input = {
    language: 'Solidity',
    sources: { [SOURCE]: { content: readFileSync(here(SOURCE), 'utf8') } },
    settings: {
      evmVersion: 'cancun',
      optimizer: { enabled: true, runs: 200 },
      // The metadata hash would make the code depend on comments and white space.
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { [SOURCE]: { [NAME]: ['abi', 'evm.bytecode.object'] } },
    },
  };
  const { version, compile } = solc as {
    readonly version: () => string;
    readonly compile: (input: string) => string;
  };
  const output = JSON.parse(compile(JSON.stringify(input))) as Output;
  const [error] = output.errors ?? [];
  if (error !== undefined) throw new Error(error.formattedMessage);
  const compiled = output.contracts[SOURCE]?.[NAME];
  if (compiled === undefined) throw new Error(`the compiler left out ${NAME}`);
  const bytecode = `0x${compiled.evm.bytecode.object}`;
  return { contract: NAME, compiler: `solc ${version()}`, abi: compiled.abi, bytecode };
}

const artefactText = (artefact: Artefact): string => `${JSON.stringify(artefact, undefined, 2)}\n`;

if (import.meta.main) writeFileSync(here(`${NAME}.json`), artefactText(compileTestUsdc()));
