/** The part of the grammar that conditions are written in: fields, amounts, comparisons, totals. */
import { CstParser, type CstNode, type IOrAlt, type TokenType } from 'chevrotain';
import { sentences } from './syntax-messages.ts';
import {
  ALL_TOKENS,
  Address,
  AssetName,
  Clock,
  CloseCurly,
  CloseRound,
  CloseSquare,
  Comma,
  Dot,
  Duration,
  FieldName,
  Minus,
  Name,
  Numeral,
  OpenCurly,
  OpenRound,
  OpenSquare,
  Plus,
  Range,
  Semicolon,
  Sign,
  Symbol,
  Text,
  Zone,
  isKeyword,
  kw,
} from './tokens.ts';

/** One alternative of a choice. */
export const alt = (ALT: () => unknown): IOrAlt<unknown> => ({ ALT });

/** Only punctuation is put in where it is missing: a made-up name or number would mislead. */
const INSERTABLE = new Set<TokenType>([CloseCurly, CloseRound, CloseSquare, Comma, Semicolon]);

/** What is known of the grammar before a parser is built for it. */
export type GrammarState = {
  /**
   * That no two ways lead through it: `grammar-types.test.ts` builds a parser that looks, which takes
   * as long as all the rest of its construction.
   */
  readonly isValidated?: boolean;
};

export abstract class ConditionParser extends CstParser {
  constructor({ isValidated = false }: GrammarState) {
    super([...ALL_TOKENS], {
      skipValidations: isValidated,
      recoveryEnabled: true,
      maxLookahead: 3,
      nodeLocationTracking: 'onlyOffset',
      errorMessageProvider: sentences,
    });
  }

  protected override canTokenTypeBeInsertedInRecovery(type: TokenType): boolean {
    return INSERTABLE.has(type);
  }

  /** Keywords and braces begin and end parts: to drop one would lose the part behind it. */
  protected override canTokenTypeBeDeletedInRecovery(): boolean {
    const type = this.LA(1).tokenType;
    return !isKeyword(type) && type !== OpenCurly && type !== CloseCurly;
  }

  readonly condition = this.RULE('condition', () => {
    this.SUBRULE(this.unary);
    this.MANY(() => {
      this.OR([
        alt(() => this.CONSUME(kw('and'), { LABEL: 'operator' })),
        alt(() => this.CONSUME(kw('or'), { LABEL: 'operator' })),
      ]);
      this.SUBRULE2(this.unary);
    });
  });

  readonly unary: () => CstNode = this.RULE('unary', () => {
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(kw('not'));
          this.SUBRULE(this.unary);
        }),
        alt(() => {
          this.CONSUME(OpenRound);
          this.SUBRULE(this.condition);
          this.CONSUME(CloseRound);
        }),
        alt(() => this.CONSUME(kw('always'))),
        alt(() => this.SUBRULE(this.predicate)),
      ],
      ERR_MSG: 'a condition such as value > 10,000 USD',
    });
  });

  readonly predicate = this.RULE('predicate', () => {
    this.SUBRULE(this.operand);
    this.OPTION(() => this.SUBRULE(this.comparison));
  });

  readonly comparison = this.RULE('comparison', () => {
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(Sign);
          this.SUBRULE(this.operand);
        }),
        alt(() => {
          this.CONSUME(kw('is'));
          this.OPTION(() => this.CONSUME(kw('not')));
          this.SUBRULE2(this.operand);
        }),
        alt(() => {
          this.OPTION2(() => this.CONSUME2(kw('not')));
          this.CONSUME(kw('in'));
          this.SUBRULE(this.set);
        }),
        alt(() => {
          this.CONSUME(kw('tagged'));
          this.CONSUME(Text);
        }),
        alt(() => {
          this.CONSUME(kw('has'));
          this.SUBRULE(this.having);
        }),
        alt(() => {
          this.CONSUME(kw('within'));
          this.SUBRULE(this.hours);
        }),
      ],
      ERR_MSG: 'a comparison such as > 10,000 USD',
    });
  });

  readonly having = this.RULE('having', () => {
    this.OR([
      alt(() => {
        this.CONSUME(kw('role'));
        this.CONSUME(Text);
      }),
      alt(() => {
        this.OR2([alt(() => this.CONSUME(kw('any'))), alt(() => this.CONSUME(kw('all')))]);
        this.CONSUME(kw('of'));
        this.SUBRULE(this.set);
      }),
    ]);
  });

  /** `Mon..Fri 08:00..18:00 Europe/Paris`, `Sat, Sun 00:00..24:00 UTC`. */
  readonly hours = this.RULE('hours', () => {
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.days) });
    this.CONSUME(Clock, { LABEL: 'from' });
    this.CONSUME(Range);
    this.CONSUME2(Clock, { LABEL: 'until' });
    this.CONSUME(Zone);
  });

  readonly days = this.RULE('days', () => {
    this.CONSUME(Symbol, { LABEL: 'first' });
    this.OPTION(() => {
      this.CONSUME(Range);
      this.CONSUME2(Symbol, { LABEL: 'last' });
    });
  });

  readonly set = this.RULE('set', () => {
    this.OR({
      DEF: [alt(() => this.SUBRULE(this.listing)), alt(() => this.CONSUME(Name))],
      ERR_MSG: 'a list, by name or in square brackets',
    });
  });

  readonly listing = this.RULE('listing', () => {
    this.CONSUME(OpenSquare);
    this.MANY_SEP({ SEP: Comma, DEF: () => this.SUBRULE(this.operand) });
    this.CONSUME(CloseSquare);
  });

  readonly operand = this.RULE('operand', () => {
    this.OR({
      DEF: [
        alt(() => this.SUBRULE(this.aggregate)),
        alt(() => this.SUBRULE(this.amount)),
        alt(() => this.CONSUME(Duration)),
        alt(() => this.CONSUME(Address)),
        alt(() => this.CONSUME(AssetName)),
        alt(() => this.CONSUME(Text)),
        alt(() => this.CONSUME(Symbol)),
        alt(() => this.SUBRULE(this.moment)),
        alt(() => this.SUBRULE(this.path)),
      ],
      ERR_MSG: 'a field, an amount, an address, an asset or a text',
    });
  });

  /** `now`, `now + 1h`. */
  readonly moment = this.RULE('moment', () => {
    this.CONSUME(kw('now'));
    this.OPTION(() => {
      this.CONSUME(Plus);
      this.CONSUME(Duration);
    });
  });

  readonly amount = this.RULE('amount', () => {
    this.OPTION(() =>
      this.OR([
        alt(() => this.CONSUME(Minus, { LABEL: 'sign' })),
        alt(() => this.CONSUME(Plus, { LABEL: 'sign' })),
      ]),
    );
    this.CONSUME(Numeral);
    this.OPTION2(() => this.CONSUME(Symbol));
  });

  readonly path = this.RULE('path', () => {
    this.CONSUME(FieldName);
    this.MANY(() => {
      this.CONSUME(Dot);
      this.CONSUME(Name);
    });
    this.OPTION(() => this.CONSUME(kw('tags')));
    this.OPTION2(() => this.CONSUME(Text));
  });

  readonly aggregate = this.RULE('aggregate', () => {
    this.OR([
      alt(() => this.CONSUME(kw('sum'), { LABEL: 'function' })),
      alt(() => this.CONSUME(kw('count'), { LABEL: 'function' })),
      alt(() => this.CONSUME(kw('max'), { LABEL: 'function' })),
    ]);
    this.CONSUME(OpenRound);
    this.OPTION(() => this.CONSUME(kw('distinct')));
    this.SUBRULE(this.path, { LABEL: 'of' });
    this.CONSUME(CloseRound);
    this.CONSUME(kw('over'));
    this.SUBRULE(this.window);
    this.OPTION2(() => {
      this.CONSUME(kw('by'));
      this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => this.SUBRULE2(this.path, { LABEL: 'by' }) });
    });
    this.OPTION3(() => {
      this.CONSUME(kw('where'));
      this.CONSUME2(OpenRound);
      this.SUBRULE(this.condition);
      this.CONSUME2(CloseRound);
    });
    this.OPTION4(() => {
      this.CONSUME(kw('excluding'));
      this.CONSUME(kw('this'));
    });
  });

  readonly window = this.RULE('window', () => {
    this.OR({
      DEF: [
        alt(() => {
          this.CONSUME(kw('last'));
          this.CONSUME(Duration);
        }),
        alt(() => {
          this.CONSUME(kw('calendar'));
          this.OR2([
            alt(() => this.CONSUME(kw('day'), { LABEL: 'unit' })),
            alt(() => this.CONSUME(kw('week'), { LABEL: 'unit' })),
            alt(() => this.CONSUME(kw('month'), { LABEL: 'unit' })),
          ]);
        }),
      ],
      ERR_MSG: 'a window such as last 24h',
    });
  });
}
