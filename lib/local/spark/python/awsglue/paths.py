"""Paths of fields as Glue writes them: `a.b` leads into a struct, backticks hold a name with a dot."""
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from awsglue.utils import NotLocalError

_TYPES = {"long": "bigint", "short": "smallint", "byte": "tinyint", "bigint": "bigint", "int": "int", "integer": "int"}
_NESTED = ("struct", "array", "map", "choice", "null", "set")


def split_path(text):
    parts, part, inside = [], "", False
    for character in text:
        if character == "`":
            inside = not inside
        elif character == "." and not inside:
            parts.append(part)
            part = ""
        else:
            part += character
    return [*parts, part]


def quoted(parts):
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def names_of(paths):
    return [paths] if isinstance(paths, str) else list(paths)


def column_of(schema, text):
    """The path of an existing field, with the names as they are written in the schema; None if there is no such field."""
    whole = text.strip("`")
    if whole in schema.names:
        return [whole]
    found = []
    for part in split_path(text):
        if not isinstance(schema, StructType):
            return None
        name = next((each for each in schema.names if each == part), None) or next(
            (each for each in schema.names if each.lower() == part.lower()), None
        )
        if name is None:
            return None
        found.append(name)
        schema = schema[name].dataType
    return found


def cast_to(column, kind):
    name = kind.strip().lower()
    if name.startswith(_NESTED):
        return column
    return column.cast(_TYPES.get(name, name))


def rebuild(chosen):
    """Columns from (path, column) pairs: paths with a common beginning become one struct."""
    tree = {}
    for path, column in chosen:
        place = tree
        for part in path[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ValueError(f"{'.'.join(path)} would be a field of a column that is no struct")
        if isinstance(place.get(path[-1]), dict):
            raise ValueError(f"{'.'.join(path)} would replace the struct of that name")
        place[path[-1]] = column
    return [_column(name, value) for name, value in tree.items()]


def _column(name, value):
    if isinstance(value, dict):
        value = F.struct(*[_column(inner, each) for inner, each in value.items()])
    return value.alias(name)


def drop_path(frame, path):
    if len(path) == 1:
        return frame.drop(path[0])
    kept = _without(frame.schema[path[0]].dataType, [path[0]], path[1:])
    if kept is None:
        return frame.drop(path[0])
    return frame.withColumn(path[0], kept)


def _without(schema, at, rest):
    if not isinstance(schema, StructType):
        raise NotLocalError(f"dropping {'.'.join([*at, *rest])} inside an array")
    columns = []
    for field in schema:
        here = [*at, field.name]
        if field.name != rest[0]:
            columns.append(F.col(quoted(here)).alias(field.name))
        elif len(rest) > 1:
            inner = _without(field.dataType, here, rest[1:])
            if inner is not None:
                columns.append(inner.alias(field.name))
    if not columns:
        return None
    # A struct that is null stays null.
    return F.when(F.col(quoted(at)).isNotNull(), F.struct(*columns))
