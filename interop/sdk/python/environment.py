"""What the judge tells an app, see APP.md."""

import os

APP_PORT = int(os.environ["APP_PORT"])
APP_PROTOCOL = os.environ["APP_PROTOCOL"]
STATE_STORE = os.environ["STATE_STORE"]
PUBSUB = os.environ["PUBSUB"]
TOPIC = os.environ["TOPIC"]
STREAM_TOPIC = os.environ["STREAM_TOPIC"]
BINDING = os.environ["BINDING"]
CRON = os.environ["CRON"]
SECRET_STORE = os.environ["SECRET_STORE"]
RUN_ID = os.environ["RUN_ID"]
