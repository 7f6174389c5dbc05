"""getResolvedOptions, and the errors that scripts may meet.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-get-resolved-options.html
"""
import argparse


class GlueArgumentError(Exception):
    pass


class NotLocalError(NotImplementedError):
    """Something that Glue does and the laptop does not."""

    def __init__(self, what, advice="run this job on AWS, or write it without"):
        super().__init__(f"{what} has no stand-in on the laptop: {advice}")


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise GlueArgumentError(message)


# Glue resolves these whether the script asks for them or not.
_ALWAYS = ("JOB_NAME", "JOB_ID", "JOB_RUN_ID", "TempDir", "SECURITY_CONFIGURATION")
_BOOKMARK = {
    "job_bookmark_option": "job-bookmark-disable",
    "job_bookmark_from": None,
    "job_bookmark_to": None,
}


def getResolvedOptions(args, options):
    """Values of `--name value` for the names in options; a name that is missing raises GlueArgumentError."""
    parser = _Parser(allow_abbrev=False, add_help=False)
    for name in options:
        if name.startswith("--") or "-" in name:
            raise GlueArgumentError(
                f"the option {name} has a hyphen: Glue resolves names with underscores only, written without the leading --"
            )
        parser.add_argument("--" + name, dest=name, required=True)
    for name in _ALWAYS:
        if name not in options:
            parser.add_argument("--" + name, dest=name)
    for name, default in _BOOKMARK.items():
        parser.add_argument("--" + name.replace("_", "-"), dest=name, default=default)
    known, _ = parser.parse_known_args(args[1:])
    return {name: value for name, value in vars(known).items() if value is not None}
