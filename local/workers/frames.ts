/** What the two ends of one request's port say to each other. Each end may send a body, a chunk for each credit it has. */

export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderList;
  readonly hasBody: boolean;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderList;
  readonly hasBody: boolean;
}

export type Frame =
  | { readonly kind: "head"; readonly head: ResponseHead }
  | { readonly kind: "chunk"; readonly bytes: Uint8Array }
  /** The body is whole. */
  | { readonly kind: "end" }
  /** The body ends before it is whole. */
  | { readonly kind: "failed"; readonly message: string }
  /** One more chunk may be sent. */
  | { readonly kind: "credit" }
  /** Nobody waits for the response any more. */
  | { readonly kind: "abort" };
