// What an error of ccxt says about the request that met it: certainly not done, or nobody knows.

// ccxt's classes are told by name: each exchange is loaded alone, and brings them along unseen.
type Verdict = 'refused' | 'unknown' | 'absent';

/**
 * The first class on an error's way up that stands here decides. Only what the exchange said in so
 * many words about this very order is a refusal; an error it has no class for might be anything.
 */
const verdicts: Readonly<Record<string, Verdict>> = {
  OrderNotFound: 'absent',
  // There is an order of this name: the last one was taken after all.
  DuplicateOrderId: 'unknown',
  OrderNotCached: 'unknown',
  InvalidOrder: 'refused',
  InsufficientFunds: 'refused',
  AuthenticationError: 'refused',
  BadRequest: 'refused',
  OperationRejected: 'refused',
  ArgumentsRequired: 'refused',
  NotSupported: 'refused',
  // Time-outs, broken connections, limits of requests, maintenance, clocks that differ, 5xx.
  OperationFailed: 'unknown',
};

const maxReasonLength = 300;

/** `absent` only makes sense as the answer to a question for one order. */
export function verdictOf(error: unknown): Verdict {
  for (const name of classesOf(error)) {
    const verdict = verdicts[name];
    if (verdict !== undefined) return verdict;
  }
  return 'unknown';
}

/** Whether the exchange did not like the time of our clock. */
export function isClockTrouble(error: unknown): boolean {
  return classesOf(error).includes('InvalidNonce');
}

/** For an operator's eyes; ccxt's messages hold the exchange's words and never the keys. */
export function reasonOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const said = `${name}: ${message}`.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return withoutSignature(said).slice(0, maxReasonLength);
}

// Requests are signed in their address, which ccxt repeats when the way there is broken.
function withoutSignature(text: string): string {
  return text.replace(/(https?:\/\/[^\s?]+)\?\S+/g, '$1');
}

function classesOf(error: unknown): string[] {
  const names: string[] = [];
  let at: unknown = error instanceof Error ? Object.getPrototypeOf(error) : null;
  while (at !== null && at !== undefined && at !== Error.prototype) {
    names.push((at as { constructor: { name: string } }).constructor.name);
    at = Object.getPrototypeOf(at);
  }
  return names;
}
