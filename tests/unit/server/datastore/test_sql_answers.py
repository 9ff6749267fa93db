"""What `datastore_search_sql` answers is what PostgreSQL does: values, names, and what it refuses."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from odl_host.ckan import NotAuthorized, ValidationError
from odl_host.server.datastore.published import derive, open_derived
from odl_host.server.datastore.table import Table
from tests.unit.server.datastore.asking import CSV, ask


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT prix / 2 AS v FROM r WHERE _id = 2", 6.25),
        ("SELECT annee / (_id + 1) AS v FROM r WHERE _id = 1", 973),
        ("SELECT annee % (_id + 1) AS v FROM r WHERE _id = 1", 1),
        ("SELECT power(2, 3) AS v", 8.0),
        ("SELECT 2 ^ 10 AS v", 1024.0),
        ("(SELECT titre AS v FROM r ORDER BY titre LIMIT 1)", "Germinal"),
        ("((SELECT titre AS v FROM r) ORDER BY v DESC LIMIT 1)", "La Peste"),
        ("(SELECT titre AS v FROM r LIMIT 1) UNION (SELECT 'La Peste')", "La Peste"),
        ("SELECT annee / 2 AS v FROM r WHERE _id = 1", 973),
        ("SELECT (prix::int) AS v FROM r WHERE _id = 2", 13),
        ("SELECT titre AS v FROM r WHERE paru > '1900-01-01'", "La Peste"),
        ("SELECT titre AS v FROM r WHERE annee = '1885'", "Germinal"),
        ("SELECT max(paru) AS v FROM r", "1947-06-10"),
        ("SELECT string_agg(titre, ';' ORDER BY titre DESC) AS v FROM r", "La Peste;Germinal"),
        ("SELECT count(DISTINCT titre) AS v FROM r", 2),
        ("SELECT paru::timestamp::date::text AS v FROM r WHERE _id = 1", "1947-06-10"),
        ("SELECT upper(lower(upper(left(titre, 2)))) AS v FROM r WHERE _id = 1", "LA"),
        ("SELECT titre AS v FROM r WHERE annee = ANY(ARRAY[1, 1885])", "Germinal"),
        ("SELECT titre AS v FROM r WHERE upper(titre) ILIKE concat('%', lower('PESTE'))", "La Peste"),
        ("SELECT round(avg(prix), 1)::text || ' €' AS v FROM r", "10.3 €"),
        ("SELECT ARRAY[annee, 1] AS v FROM r WHERE _id = 2", [1885, 1]),
        ("SELECT (annee < " + "9" * 5000 + ") AS v FROM r WHERE _id = 2", True),
        ("SELECT CASE WHEN trim(titre) ~ '^G' THEN extract(year from paru) END AS v FROM r WHERE _id = 2", 1885),
    ],
)
def test_values_follow_postgresqls_types(rows: Table, sql: str, expected: object) -> None:
    assert ask(sql, r=rows).records == [{"v": expected}]


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT (SELECT count(*) FROM r)", "count"),
        ("SELECT (SELECT max(annee) AS last FROM r)", "last"),
        ("SELECT (SELECT annee FROM r LIMIT 1)", "annee"),
        ("SELECT lpad(titre, 3) FROM r", "lpad"),
        ("SELECT 2.5::float8::text", "text"),
        ("SELECT titre::varchar::text FROM r", "titre"),
        ("SELECT date_part('year', paru)::int FROM r", "date_part"),
        ("SELECT rpad(titre, 3) FROM r", "rpad"),
    ],
)
def test_what_has_no_name_gets_the_one_that_postgresql_gives_it(rows: Table, sql: str, name: str) -> None:
    assert [field["id"] for field in ask(sql, r=rows).fields] == [name]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT titre FROM r WHERE titre > 3",
        "SELECT titre + 1 FROM r",
        "SELECT paru + 1.5 FROM r",
        "SELECT titre FROM r WHERE annee = 'x'",
        "SELECT titre, count(*) FROM r",
        "SELECT titre, annee FROM r GROUP BY titre",
        "SELECT titre::int FROM r",
        "SELECT 1 / 0",
        "SELECT 1 % 0",
        "SELECT annee / (_id - 1) FROM r",
        "SELECT annee / nullif(0, 1) FROM r",
        "SELECT r FROM r",
        "SELECT a FROM r a",
        "SELECT sum(a) FROM r a",
        "SELECT power(-8, 0.5)",
        "SELECT exp(10000)",
    ],
)
def test_what_postgresql_would_refuse_is_refused_and_not_answered_otherwise(rows: Table, sql: str) -> None:
    with pytest.raises(ValidationError):
        ask(sql, r=rows)


def test_large_tables_and_small_ones_are_joined(rows: Table, tmp_path: Path) -> None:
    derive(io.BytesIO(CSV), None, tmp_path / "d.sqlite")
    large = open_derived(tmp_path / "d.sqlite")
    answer = ask("SELECT s.titre FROM small s JOIN large l ON l.titre = s.titre ORDER BY 1", small=rows, large=large)
    assert [record["titre"] for record in answer.records] == ["Germinal", "La Peste"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*) AS v FROM c WHERE jour > '2024-07-15'::date - interval '1 year'", 3),
        ("SELECT count(*) AS v FROM c WHERE jour > now() - interval '1 day'", 0),
        ("SELECT jour + 1 AS v FROM c LIMIT 1", "2024-03-01"),
        ("SELECT jour - date '2024-01-01' AS v FROM c LIMIT 1", 59),
        ("SELECT (date '2024-01-31' + interval '1 month')::date AS v", "2024-02-29"),
        ("SELECT timestamp '2024-01-02' - timestamp '2024-01-01 12:00' AS v", "12:00:00"),
        ("SELECT interval '36 hours' AS v", "1 day, 12:00:00"),
        ("SELECT age(timestamp '2024-07-14', timestamp '2023-05-01')::text AS v", "1 year 2 mons 13 days"),
        ("SELECT to_char(jour, 'FMDD Month YYYY') AS v FROM c LIMIT 1", "29 February  2024"),
        ("SELECT to_char(pop, 'FM999,999') AS v FROM c LIMIT 1", "131,272"),
        ("SELECT to_char(-7.5, '990.00') AS v", "  -7.50"),
        ("SELECT to_date('15/01/2024', 'DD/MM/YYYY') AS v", "2024-01-15"),
        ("SELECT to_timestamp(0) AS v", "1970-01-01T00:00:00+00:00"),
        ("SELECT date_part('year', jour) AS v FROM c LIMIT 1", 2024.0),
        ("SELECT date_trunc('month', jour)::date AS v FROM c LIMIT 1", "2024-02-01"),
        ("SELECT regexp_replace(nom, '[^a-z]', '', 'g') AS v FROM c WHERE _id = 2", "ixlesains"),
        ("SELECT regexp_replace('a-b', '(\\w)-(\\w)', '\\2 \\1') AS v", "b a"),
        ("SELECT regexp_split_to_array(nom, '-') AS v FROM c WHERE _id = 2", ["Aix", "les", "Bains"]),
        ("SELECT substring(nom from '[A-Z][a-z]+$') AS v FROM c WHERE _id = 2", "Bains"),
        ("SELECT translate('été', 'é', 'e') AS v", "ete"),
        ("SELECT format('%s (%s)', nom, pop) AS v FROM c LIMIT 1", "Annecy (131272)"),
        ("SELECT E'l\\'eau' || $$ d'ici$$ AS v", "l'eau d'ici"),
        ("SELECT array_agg(nom ORDER BY pop) AS v FROM c", ["Albertville", "Aix-les-Bains", "Annecy"]),
        ("SELECT string_agg(DISTINCT left(nom, 1), ',' ORDER BY left(nom, 1)) AS v FROM c", "A"),
        ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY pop) AS v FROM c", 32406.0),
        ("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY nom) AS v FROM c", "Albertville"),
        ("SELECT mode() WITHIN GROUP (ORDER BY left(nom, 2)) AS v FROM c", "Ai"),
        ("SELECT stddev(pop) AS v FROM c", 61077.47581556),
        ("SELECT bool_and(pop > 1) AS v FROM c", True),
        ("SELECT (array_agg(nom ORDER BY nullif(pop, 131272) DESC NULLS LAST))[1] AS v FROM c", "Aix-les-Bains"),
        ("SELECT nom AS v FROM c ORDER BY vu - timestamp '2024-07-14' DESC LIMIT 1", "Albertville"),
        ("SELECT json_agg(json_build_object('p', pop) ORDER BY pop) AS v FROM c WHERE _id = 1", '[{"p" : 131272}]'),
        ("SELECT jsonb_build_object('total', 2, 'n', 1) AS v", '{"n": 1, "total": 2}'),
        ("SELECT sum(prix) OVER (ORDER BY _id ROWS 1 PRECEDING) AS v FROM c ORDER BY _id DESC LIMIT 1", 0.3),
        ("SELECT json_build_object('n', nom, 'p', pop) AS v FROM c LIMIT 1", '{"n" : "Annecy", "p" : 131272}'),
        ("SELECT width_bucket(pop, 0, 140000, 5) AS v FROM c LIMIT 1", 5),
        ("SELECT 0.1 + 0.2 AS v", 0.3),
        ("SELECT sum(prix) AS v FROM c WHERE _id > 1", 0.3),
        ("SELECT prix % 5 AS v FROM c LIMIT 1", 2.25),
        ("SELECT 2.25::numeric(3,1) AS v", 2.3),
        ("SELECT nom::varchar(3) AS v FROM c LIMIT 1", "Ann"),
        ("SELECT nom NOT ILIKE 'a%' AS v FROM c LIMIT 1", False),
        ("SELECT nom LIKE ANY (ARRAY['B%', 'Ann%']) AS v FROM c LIMIT 1", True),
        ("SELECT nom = ANY ('{Annecy,Autre}') AS v FROM c LIMIT 1", True),
        ("SELECT nom <> ALL (ARRAY['Annecy']) AS v FROM c LIMIT 1", False),
        ("SELECT ARRAY[1, 2] @> ARRAY[2] AS v", True),
        ("SELECT ARRAY[1, 2] || 3 AS v", [1, 2, 3]),
        ("SELECT (ARRAY[1, 2, 3])[2:3] AS v", [2, 3]),
        ("SELECT (ARRAY[10, 20, 30])[_id] AS v FROM c ORDER BY _id LIMIT 1", 10),
        ("SELECT (ARRAY[10, 20, 30])[_id::int + 1] AS v FROM c ORDER BY _id LIMIT 1", 20),
        ("SELECT (ARRAY[10, 20])[1] AS v", 10),
        ("SELECT (1 = 1) || ', ' || concat(1 = 1) AS v", "true, t"),
        ("SELECT pop & 7 AS v FROM c LIMIT 1", 0),
        (
            "SELECT DISTINCT ON (left(nom, 2)) nom AS v FROM c WHERE nom LIKE 'A%' ORDER BY left(nom, 2), pop LIMIT 1",
            "Aix-les-Bains",
        ),
        ("SELECT nom AS v FROM c, plainto_tsquery('english', 'annecy') query WHERE _full_text @@ query", "Annecy"),
        ("SELECT ts_rank(_full_text, to_tsquery('annecy')) AS v FROM c LIMIT 1", 0.06079271),
    ],
)
def test_what_re_users_send_to_a_ckan_is_answered_as_there(communes: Table, sql: str, expected: object) -> None:
    assert ask(sql, c=communes).records == [{"v": expected}] * len(ask(sql, c=communes).records)
    assert ask(sql, c=communes).records


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nom FROM c WHERE pop",
        "SELECT nom FROM c WHERE jour > 2024",
        "SELECT nom FROM c WHERE pop LIKE '1%'",
        "SELECT nom FROM c WHERE nom NOT LIKE 3",
        "SELECT upper(pop) FROM c",
        "SELECT sum(nom) FROM c",
        "SELECT sum(jour) FROM c",
        "SELECT min(pop > 1) FROM c",
        "SELECT nom FROM c UNION SELECT pop FROM c",
        "SELECT DISTINCT nom FROM c ORDER BY pop",
        "SELECT nom FROM c WHERE count(*) > 1",
        "SELECT nom FROM c WHERE pop IN (SELECT nom FROM c)",
        "SELECT interval '1 jour'",
        "SELECT jour + jour FROM c",
        "SELECT 1 + interval '1 day'",
        "SELECT to_date('x', 'YYYY')",
        "SELECT percentile_cont(0.5) FROM c",
        "SELECT upper(nom) WITHIN GROUP (ORDER BY nom) FROM c",
        "SELECT date_trunc() FROM c",
        "SELECT make_interval() & 1",
        "SELECT min(pop, prix) FROM c",
        "SELECT percentile_cont(2) WITHIN GROUP (ORDER BY pop) FROM c",
        "SELECT prix::date FROM c",
        "SELECT pg_catalog.upper(nom) FROM c",
        "SELECT nom FROM c WHERE nom SIMILAR TO 'a'",
    ],
)
def test_what_goes_together_in_sqlite_only_is_refused(communes: Table, sql: str) -> None:
    with pytest.raises((ValidationError, NotAuthorized)):
        ask(sql, c=communes)
