// What a webhook is before it is sent: bytes that a dialect rendered, and when to try again.

/** `body` is sent byte for byte in every attempt; `url` is fixed when the event happens. */
export type RenderedWebhook = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that hold a secret: no table ever has them in the clear. */
  readonly secretHeaders?: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Schedule = {
  /** Pauses after the attempt before; their number plus one is the number of attempts. */
  readonly retryAfterMs: readonly number[];
  readonly timeoutMs: number;
  /** Which HTTP status counts as delivered. */
  delivered(status: number): boolean;
};
