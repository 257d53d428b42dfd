/** The kinds of extrapolated rates. */
export interface RateKind {
  /** A decrease is a reset. */
  readonly isCounter: boolean;
  readonly perSecond: boolean;
}
