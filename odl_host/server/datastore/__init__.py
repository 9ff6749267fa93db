"""The row API: tables of resources, read from their published files or written row by row.

Imports go downward: `dump`, `sql`, `parameters` > `search` > `store` > `rowfile`, `published` > `writer` > `table` >
`fulltext`, `types` > `values`.
"""
