/** Imported rules as files of a bundle. */
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { formatPolicy } from '#policy-lang/format/format-policy.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';

/** UTF-16 units before formatting, which adds white space; a file has at most 64 kB. */
const FILE_LENGTH_MAX = 24 * 1024;

/** As many files as the parts need: each stays well below what the compiler reads. */
export function policyFiles(parts: readonly string[]): readonly BundleFile[] {
  const texts: string[] = [];
  for (const part of parts) {
    const last = texts.at(-1);
    if (last === undefined || last.length + part.length > FILE_LENGTH_MAX) texts.push(part);
    else texts[texts.length - 1] = `${last}\n\n${part}`;
  }
  return texts.map((text, index) => ({
    path: index === 0 ? 'imported.policy' : `imported-${index + 1}.policy`,
    content: formatted(`${text}\n`),
  }));
}

function formatted(text: string): string {
  const result = formatPolicy(new SourceText('imported.policy', text));
  if (result.ok) return result.text;
  throw new Error(`an imported policy does not parse: ${result.diagnostics[0]?.message}`);
}
