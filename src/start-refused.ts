// A start that must not go on although nothing is broken; its message is all that is said.

export class StartRefused extends Error {
  override name = 'StartRefused';
}
