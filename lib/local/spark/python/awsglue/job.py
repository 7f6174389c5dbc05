"""Job: begin and end of a job. Bookmarks do nothing here, and a job that turned them on is told so.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-crawler-pyspark-extensions-glue-context.html
"""
_NOTE = (
    "note: job bookmarks do nothing on the laptop: this run reads all of its input, whatever an earlier run has read"
)


class Job:
    def __init__(self, glue_context):
        self.glue_context = glue_context
        self._name = None

    def init(self, job_name, args=None):
        self._name = job_name
        if (args or {}).get("job_bookmark_option", "job-bookmark-disable") != "job-bookmark-disable":
            print(_NOTE, flush=True)

    def isInitialized(self):
        return self._name is not None

    def commit(self):
        if self._name is None:
            raise ValueError("Job.commit was called before Job.init")

    def reset(self):
        """Forgets the bookmark: there is none."""
