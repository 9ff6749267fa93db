"""Repairing before judging: one noun per file; the door is `table.repair_table`.

The rules that all parts obey:

- A cell is changed only when its text is refused and the repaired text is accepted: a value that is valid is never
  touched, so repairing twice changes nothing, and the white space around a free text stays (it may be meant, and
  nothing is gained by removing it). A commune code that does not exist is only warned about, but is repaired all the
  same when a lost zero explains it.
- Nothing is repaired in a row that has more or fewer cells than the header: its cells may have shifted.
- A repair is made when the whole column leaves one reading only. Everything else is a *proposal*: a question to the
  town hall, in its report.
- The town hall's file is never written to: repairs live in the copy that is validated and published.
"""
