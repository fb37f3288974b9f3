"""Databases: rows and graphs, by a query or as they export themselves."""

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source

_SQL = ("sqlite", "duckdb", "postgresql", "postgres")
_NEO4J = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


def _is_neo4j_export(source: Source) -> bool:
    """Its first line, or the first of a list, is a node: nodes come before relationships."""
    first = source.first_record or source.parsed_json
    if isinstance(first, dict) and "nodes" in first and "rels" in first:
        first = first["nodes"]
    if isinstance(first, dict) and "type" not in first:
        first = list(first.values())  # by id
    if isinstance(first, list):
        first = first[0] if first else None
    if not isinstance(first, dict) or first.get("type") != "node":
        return False
    return {"id", "labels"} <= first.keys()


def _is_sql(source: Source) -> bool:
    magic = source.head[:16] == b"SQLite format 3\0" or source.head[8:12] == b"DUCK"
    return source.scheme in _SQL or magic


FORMATS = (
    Format(
        name="neo4j_export",
        what="Neo4j's JSON export (APOC)",
        entities="nodes",
        dependencies="relationships of known types, or as --map TYPE=relation says",
        export="CALL apoc.export.json.all('graph.json', {})",
        sign="JSON of type node and relationship: lines, a list, or below nodes and rels",
        module="knockon.loaders.operations.databases.neo4j_export",
        matches=_is_neo4j_export,
        options=("mapping",),
    ),
    Format(
        name="sql",
        what="Any SQL database by a query: SQLite, DuckDB, PostgreSQL",
        entities="every dependent and provider",
        dependencies="each row of --query",
        export="--query 'SELECT ... AS dependent, ... AS provider FROM ...'",
        sign="sqlite:///FILE, duckdb:///FILE, postgresql://USER@HOST/BASE",
        module="knockon.loaders.operations.databases.sql",
        matches=_is_sql,
        options=("query", "mapping"),
        binary=True,
    ),
    Format(
        name="neo4j",
        what="Cartography or any Neo4j by a Cypher query",
        entities="nodes that the query returns",
        dependencies="each row of --query",
        export="--query 'MATCH (a)-[:USES]->(b) RETURN a AS dependent, b AS provider'",
        sign="neo4j://USER@HOST/BASE, bolt://...",
        module="knockon.loaders.operations.databases.neo4j_query",
        matches=lambda source: source.scheme in _NEO4J,
        options=("query", "mapping"),
    ),
)
