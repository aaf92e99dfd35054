// What was measured, by name, a value for each round.

export type Series = {
  add(name: string, value: number): void;
  /** Throws for a name under which nothing was measured. */
  values(name: string): readonly number[];
  names(): readonly string[];
};

export function createSeries(): Series {
  const all = new Map<string, number[]>();
  return {
    add(name, value) {
      const known = all.get(name);
      if (known) known.push(value);
      else all.set(name, [value]);
    },
    values(name) {
      const known = all.get(name);
      if (!known) throw new Error(`nothing was measured under the name ${name}`);
      return known;
    },
    names: () => [...all.keys()],
  };
}
