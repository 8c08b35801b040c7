/** The parts of `railroad-diagrams` 1.0.0 that the reference's diagrams are made of. */
declare module 'railroad-diagrams' {
  /** Anything that a track leads through. */
  export type Part = { toString(): string };
  type Parts = (...parts: readonly Part[]) => Part;
  export const Diagram: Parts;
  export const Sequence: Parts;
  export const Choice: (normal: number, ...parts: readonly Part[]) => Part;
  export const Optional: (part: Part) => Part;
  export const OneOrMore: (part: Part, between?: Part) => Part;
  export const ZeroOrMore: (part: Part, between?: Part) => Part;
  export const Terminal: (text: string) => Part;
  export const NonTerminal: (text: string, link?: string) => Part;
  const railroad: {
    readonly Diagram: typeof Diagram;
    readonly Sequence: typeof Sequence;
    readonly Choice: typeof Choice;
    readonly Optional: typeof Optional;
    readonly OneOrMore: typeof OneOrMore;
    readonly ZeroOrMore: typeof ZeroOrMore;
    readonly Terminal: typeof Terminal;
    readonly NonTerminal: typeof NonTerminal;
  };
  export default railroad;
}
