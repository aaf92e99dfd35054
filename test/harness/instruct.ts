// One instruction at a time, as most tests want it; rails give them out in batches.

import type { Database } from '../../src/db/database.ts';
import type { Directions, InstructRequest, Rail } from '../../src/rails/rail.ts';

export async function instructOne(
  db: Database,
  rail: Rail,
  request: InstructRequest,
): Promise<Directions> {
  const [directions] = await db.transaction((tx) => rail.instruct(tx, [request]));
  if (!directions) throw new Error('the rail gave no directions');
  return directions;
}
