"""Starts the script of a Glue job: `python headrace_launch.py SCRIPT ARGUMENT...`.

The script runs as __main__, unchanged. With HEADRACE_SPARK set, the sessions it makes have the local Data Catalog. A failure
leaves its last line, with file and line of the script, in the file that HEADRACE_ERROR names.
"""
import functools
import json
import os
import re
import runpy
import sys
import traceback


def main():
    script = os.path.abspath(sys.argv[1])
    sys.argv = [script, *sys.argv[2:]]
    sys.path[0] = os.path.dirname(script)
    try:
        if os.environ.get("HEADRACE_SPARK"):
            prepare_spark()
        runpy.run_path(script, run_name="__main__")
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            text = "" if isinstance(leaving.code, int) else str(leaving.code)
            place = place_of(leaving.__traceback__, script)
            report(f"SystemExit: {leaving.code}", place)
            if text:
                print(text, file=sys.stderr)
        raise
    except BaseException as error:
        print_traceback(error, script)
        # An error inside a Spark worker has its own place, in the text of the one that arrives here.
        place = place_in_text(str(error), script) or place_of(error.__traceback__, script)
        if isinstance(error, SyntaxError) and error.filename:
            place = (os.path.basename(error.filename), error.lineno)
        report(last_line(error), place)
        sys.exit(1)


def prepare_spark():
    import headrace_catalog
    from pyspark.sql import DataFrameReader, DataFrameWriter, DataFrameWriterV2, SparkSession
    from pyspark.sql.catalog import Catalog
    from pyspark.sql.utils import AnalysisException

    # Hive's own metastore is not needed: the Data Catalog stands in its place.
    SparkSession.Builder.enableHiveSupport = lambda builder: builder
    attached = {}
    plain_sql = SparkSession.sql
    busy = []

    def of(spark):
        context = spark.sparkContext
        if attached.get("context") is not context:
            found = headrace_catalog.SessionCatalog(spark, headrace_catalog.client(), os.environ["HEADRACE_CATALOG"])
            found.sql = functools.partial(plain_sql, spark)
            attached.update(context=context, catalog=found)
        return attached["catalog"]

    def around(owner, name, session, may_change):
        plain = getattr(owner, name)

        @functools.wraps(plain)
        def call(self, *args, **kwargs):
            if busy:
                return plain(self, *args, **kwargs)
            busy.append(True)
            try:
                catalog = of(session(self))
                catalog.pull()
                result = plain(self, *args, **kwargs)
                if may_change(*args):
                    catalog.push()
                return result
            except AnalysisException as error:
                reason = reason_of(catalog, str(error))
                if reason is None:
                    raise
                raise headrace_catalog.CatalogError(reason) from None
            finally:
                busy.pop()

        setattr(owner, name, call)

    def reason_of(catalog, text):
        for (database, table), why in catalog.left_out.items():
            if re.search(rf"`{re.escape(table)}`|\b{re.escape(table)}\b", text) and "TABLE_OR_VIEW_NOT_FOUND" in text:
                return f"the table {database}.{table} cannot be read by Spark on the laptop: {why}"
        return None

    def is_command(text="", *rest):
        bare = re.sub(r"(?s)^(\s+|--[^\n]*\n|/\*.*?\*/)+", "", str(text))
        return re.match(r"(?i)(select|with|from|values|show|describe|desc|explain|set|use|cache|uncache|table)\b", bare) is None

    always, never = (lambda *args: True), (lambda *args: False)
    around(SparkSession, "sql", lambda spark: spark, is_command)
    around(SparkSession, "table", lambda spark: spark, never)
    around(DataFrameReader, "table", lambda reader: reader._spark, never)
    for name in ("saveAsTable", "insertInto"):
        around(DataFrameWriter, name, lambda writer: writer._spark, always)
    for name in ("create", "replace", "createOrReplace", "append", "overwrite", "overwritePartitions"):
        around(DataFrameWriterV2, name, lambda writer: writer._spark, always)
    for name in ("listTables", "listDatabases", "listColumns", "tableExists", "databaseExists", "getTable", "getDatabase"):
        around(Catalog, name, lambda catalog: catalog._sparkSession, never)
    around(Catalog, "setCurrentDatabase", lambda catalog: catalog._sparkSession, never)
    for name in ("createTable", "createExternalTable", "recoverPartitions"):
        around(Catalog, name, lambda catalog: catalog._sparkSession, always)


def last_line(error):
    name = type(error).__name__
    text = str(error).strip()
    if name == "PythonException":  # An error of the script's own function, inside a Spark worker.
        lines = [line for line in text.split("\n") if line.strip()]
        return lines[-1].strip() if lines else name
    if name == "Py4JJavaError":
        java = re.findall(r"(?m)^(?:Caused by: |: )([\w.$]+(?:Error|Exception)[^\n]*)", text)
        inner = [line for line in text.split("\n") if re.match(r"^\w[\w.]*(Error|Exception): ", line)]
        return inner[-1].strip() if inner else f"{name}: {java[-1] if java else first_of(text)}"
    bucket = re.search(r"Could not initialize target File System for URI : s3[an]?://([^/\s]+)", text)
    if bucket:
        return f"{name}: the bucket {bucket.group(1)} does not exist"
    return f"{name}: {first_of(text)}" if text else name


def first_of(text):
    return next((line for line in text.split("\n") if line.strip()), "").strip()


def place_of(trace, script):
    """The innermost line of the script, or of a file beside it."""
    home = os.path.dirname(os.path.abspath(__file__))
    found = None
    for frame, line in traceback.walk_tb(trace):
        file = frame.f_code.co_filename
        if file == script:
            found = (os.path.basename(file), line)
        elif found is not None and os.path.isabs(file) and not re.search(r"[/\\](site-packages|lib[/\\]python[\d.]+)[/\\]", file):
            if not file.startswith(home) and os.path.exists(file) and "pyspark" not in file:
                found = (os.path.basename(file), line)
    return found


def place_in_text(text, script):
    found = re.findall(rf'File "{re.escape(script)}", line (\d+)', text)
    return (os.path.basename(script), int(found[-1])) if found and "Traceback" in text else None


def print_traceback(error, script):
    """The traceback from the script on: how it was started is no matter of its author."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace or error.__traceback__)


def report(message, place):
    file = os.environ.get("HEADRACE_ERROR")
    if not file:
        return
    where = {} if place is None else {"file": place[0], "line": place[1]}
    with open(file, "w", encoding="utf-8") as out:
        json.dump({"message": message, **where}, out)


if __name__ == "__main__":
    main()
