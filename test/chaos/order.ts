// Order of arrival: at least once, each delivery only after the one before was accepted.

/**
 * Whether `arrived` is a possible history of delivering `bodies` in order, each until it is
 * accepted at least once. Neighbours may have the same bytes, so that every reading is followed.
 */
export function isInOrder(
  bodies: readonly string[],
  arrived: readonly { readonly body: string; readonly accepted: boolean }[],
): boolean {
  // Where we may be: the delivery at `at` is the latest that arrived, accepted or not yet.
  let places = new Map<string, Place>([['-1', { at: -1, accepted: true }]]);
  for (const { body, accepted } of arrived) {
    const next = new Map<string, Place>();
    const add = (place: Place): void => void next.set(`${place.at} ${place.accepted}`, place);
    for (const place of places.values()) {
      if (bodies[place.at] === body) add({ at: place.at, accepted: place.accepted || accepted });
      const following = place.at + 1;
      if (place.accepted && bodies[following] === body) add({ at: following, accepted });
    }
    places = next;
  }
  const last = bodies.length - 1;
  return [...places.values()].some((place) => place.at === last && place.accepted);
}

type Place = { readonly at: number; readonly accepted: boolean };
