// What the desk does not do, said to whoever asked for it.

/** A requisite, a deposit or a setting cannot be as it was given; the message says why. */
export class DeskRefused extends Error {
  override name = 'DeskRefused';
}
