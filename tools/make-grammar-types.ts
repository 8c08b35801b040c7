/** Writes the types of the policy language's syntax tree after a change of its grammar. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { grammarTypes } from '#policy-lang/syntax/grammar-types.ts';
import { PolicyParser } from '#policy-lang/syntax/grammar.ts';

const folder = new URL('../src/policy-lang/syntax/gen/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('syntax-tree.ts', folder), grammarTypes(new PolicyParser()));
