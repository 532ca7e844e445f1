"""A job's begin and end."""

import json


class Job:
    def __init__(self, context):
        self.name = None

    def init(self, name, arguments):
        self.name = name

    def commit(self):
        print(json.dumps({"committed": self.name}))
