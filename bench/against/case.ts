/** What the comparison measures: requests of one kind to a tree's handlers. */

export interface WriteCase {
  readonly kind: "write";
  readonly name: string;
  readonly series: number;
  readonly samplesPerRequest: number;
  /** Whether the table is a stub of DynamoDB in another process, instead of one in memory. */
  readonly hasClient: boolean;
}

export interface QueryCase {
  readonly kind: "query";
  /** The name of a query of `DASHBOARD`. */
  readonly name: string;
  readonly spanMs: number;
  /** Whether the reader remembers the query before. */
  readonly isWarm: boolean;
}

export type Case = WriteCase | QueryCase;

export interface OpenCase {
  /** Makes at least one request, about as many as given; its CPU time does not count. */
  prepare(requests: number): void;
  /** Sends them and returns their number. */
  send(): Promise<number>;
}
