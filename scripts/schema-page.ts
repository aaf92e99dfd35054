// docs/schema.md: the tables as the migrations leave them, read back from a database.

import type { Tx } from '../src/db/database.ts';

type Column = {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly fallback: string | null;
};
type Rule = { readonly table: string; readonly text: string };

/** Reads a migrated database; the same schema always gives the same text. */
export async function schemaPage(db: Tx): Promise<string> {
  const columns = await db.query<Column>(columnsSql);
  const rules = await db.query<Rule>(rulesSql);
  const tables = [...new Set(columns.map((column) => column.table))];
  const lines = [
    '# The schema',
    '',
    '<!-- Printed by `npm run docs` from a migrated database. Do not edit. -->',
    '',
    'What each table is for stands in `src/db/migrations`. Jobs live in a schema of their own,',
    '`graphile_worker`, which its library owns.',
  ];
  for (const table of tables) {
    lines.push('', `## ${table}`, '', '| column | type | |', '|---|---|---|');
    for (const column of columns.filter((one) => one.table === table)) {
      lines.push(`| \`${column.name}\` | ${column.type} | ${remark(column)} |`);
    }
    lines.push('', ...rules.filter((one) => one.table === table).map(({ text }) => `- ${text}`));
  }
  return `${lines.join('\n')}\n`;
}

function remark(column: Column): string {
  const words = column.required ? ['required'] : [];
  if (column.fallback) words.push(`default \`${column.fallback}\``);
  return words.join(', ');
}

const columnsSql = `
  select tables.relname as "table", columns.attname as name,
    format_type(columns.atttypid, columns.atttypmod) as type,
    columns.attnotnull as required,
    case columns.attidentity when '' then pg_get_expr(defaults.adbin, defaults.adrelid)
      else 'identity' end as fallback
  from pg_class as tables
  join pg_attribute as columns on columns.attrelid = tables.oid
  left join pg_attrdef as defaults
    on defaults.adrelid = tables.oid and defaults.adnum = columns.attnum
  where tables.relnamespace = 'public'::regnamespace and tables.relkind = 'r'
    and columns.attnum > 0 and not columns.attisdropped
  order by tables.relname, columns.attnum`;

// Rules of columns are shown with the columns; every index that is no constraint stands by itself.
const rulesSql = `
  select "table", text from (
    select conrelid::regclass::text as "table", 1 as place, conname as name,
      pg_get_constraintdef(oid) as text
    from pg_constraint
    where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c')
    union all
    select tablename, 2, indexname, indexdef from pg_indexes
    where schemaname = 'public'
      and indexname not in (select conname from pg_constraint where contype in ('p', 'u'))
  ) as rules
  order by "table", place, name`;
