// The part of `awsglue` that a Python shell job needs, as a package laid beside its script. Written for the laptop; the names
// and the behaviour are those that Glue documents for getResolvedOptions.
// https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-get-resolved-options.html

export const AWSGLUE_UTILS = `
"""getResolvedOptions for jobs that run on a laptop."""
import argparse


class GlueArgumentError(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise GlueArgumentError(message)


def getResolvedOptions(args, options):
    parser = _Parser(allow_abbrev=False, add_help=False)
    names = list(options)
    if '--JOB_NAME' in args and 'JOB_NAME' not in names:
        names.append('JOB_NAME')
    for name in names:
        parser.add_argument('--' + name, dest=name, required=name in options)
    known, _ = parser.parse_known_args(args[1:])
    return {name: value for name, value in vars(known).items() if value is not None}
`;
