"""What must not become public without a reason: data about natural persons, found before a file is published.

It judges nothing and masks nothing: it says what it found and where, and a person decides. Precision comes first: a
gate that cries wolf is opened without looking.
"""
