// Statements as CSV, by a mapping that says what stands in which column.

import { CsvError, parse } from 'csv-parse/sync';
import { type Static, Type } from 'typebox';
import type { Amount } from '../../money/amount.ts';
import { readPrinted } from '../printed-amount.ts';
import { instantOf } from '../wall-time.ts';
import { isTimeZone } from '../zone.ts';
import { createIdentities } from './identity.ts';
import {
  type Direction,
  type Entry,
  type RawEntry,
  type Statement,
  StatementFault,
  cleanAccount,
  cleanReference,
  cleanText,
  maxEntriesPerFile,
} from './statement.ts';
