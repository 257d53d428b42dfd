/** The kinds of extrapolated rates. */
export interface RateKind {
  /** What goes down is a reset. */
  readonly isCounter: boolean;
  readonly perSecond: boolean;
}
