"""Search over datasets: the query language, the index and what is in it. The only importer of tantivy."""
