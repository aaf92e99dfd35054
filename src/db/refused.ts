// The database cannot be used as things are: an installation to put right, not a fault to trace.

/** The message tells the operator what is the matter and what to do. */
export class DatabaseRefused extends Error {
  override name = 'DatabaseRefused';
}
