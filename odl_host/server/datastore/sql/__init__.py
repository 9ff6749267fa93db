"""`datastore_search_sql`: one PostgreSQL query over tables that its caller may read.

Four walls stand between a query and anything else, and each would do alone:

1. `statement` parses it and lets through one query, made of the kinds of nodes that it names, over tables and functions
   that it names; everything else is refused unseen.
2. `translate` writes a new statement from what was understood: no text of the caller reaches SQLite.
3. `execute` runs it in a database of its own that holds nothing but the tables the caller may read, read-only; its
   authorizer denies every other table, function, pragma, attachment and write.
4. Time, rows, bytes, and the sizes of values and statements are bounded.

`grammar` says how a query is read, `kinds` of which type each of its parts is; `operators`, `calls`, `sources`,
`given`, `single` and `distinct` are parts of the translation. `functions` is the list of what may be called; what
they do stands in `texts`, `patterns`, `numbers`, `moments`, `intervals`, `series`, `forms`, `documents` (arrays and
JSON), `casts`, `aggregates` and `spreads`.
"""
