"""The row API: tables of resources, read from their published files or written row by row.

Imports go downward: `dump`, `sql` > `search` > `matching` > `parameters`, `filters`, `records`; `store` > `rowfile`,
`published` > `writer`; all of these > `table` > `fulltext`, `selections`, `types` > `lexemes`, `values`.
"""
