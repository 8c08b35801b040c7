/** Where a command writes, and how: colours only where a person looks at a terminal. */

export type Terminal = {
  /** Results, one line each. */
  readonly out: (line: string) => void;
  /** Faults of the call itself. */
  readonly err: (line: string) => void;
  readonly colors: boolean;
  /** All of standard input. Absent where a command runs without one. */
  readonly input?: () => Promise<string>;
  /** Has this called, once, when the person wants the command to end. */
  readonly onInterrupt?: (end: () => void) => void;
  /** How far a long command is, on one line that the next call replaces. Absent: nobody looks. */
  readonly progress?: (line: string) => void;
};

const STYLES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const;

export const styled = (terminal: Terminal, style: keyof typeof STYLES, text: string): string =>
  terminal.colors ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;

/**
 * Text from a file made safe to print: control characters and those that reorder text are written
 * out, so that a policy cannot steer the terminal of its reviewer. A tab counts as one space.
 */
export const printable = (text: string): string =>
  text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `<U+${code.padStart(4, '0')}>`;
  });
