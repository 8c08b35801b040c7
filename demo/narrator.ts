/** How the demo speaks: acts, remarks and claims in a terminal, and which claims were not true. */

export type Narrator = {
  /** A heading. */
  act(title: string): void;
  /** Something to read that claims nothing; may have several lines. */
  tell(text: string): void;
  /** A checked line: the demo succeeds only if all of them are true. */
  claim(isTrue: boolean, text: string): void;
  summary(): { readonly claims: number; readonly broken: readonly string[] };
};

const BOLD = 1;
const GREEN = 32;
const RED = 31;

export function createNarrator(write: (text: string) => void, isTerminal: boolean): Narrator {
  const styled = (code: number, text: string): string =>
    isTerminal ? `\u001B[${code}m${text}\u001B[0m` : text;
  const broken: string[] = [];
  let acts = 0;
  let claims = 0;
  return {
    act(title) {
      acts += 1;
      write(`\n${styled(BOLD, `${acts}. ${title}`)}\n`);
    },
    tell(text) {
      write(`${text.replaceAll(/^/gm, '     ')}\n`);
    },
    claim(isTrue, text) {
      claims += 1;
      if (!isTrue) broken.push(text);
      write(`   ${isTrue ? styled(GREEN, '✓') : styled(RED, '✗')} ${text}\n`);
    },
    summary: () => ({ claims, broken }),
  };
}
