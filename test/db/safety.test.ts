// A6: a database that may lose what it acknowledged is refused.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { unsafeSettings } from '../../src/db/safety.ts';
import { createTestDatabase, type TestDatabase } from '../harness/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('the embedded server is safe as it comes', async () => {
  expect(await unsafeSettings(database.db)).toEqual([]);
});
