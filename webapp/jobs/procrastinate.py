"""The worker of an installation on many machines: Procrastinate on PostgreSQL, any number of them.

Letters are looked for every second: Procrastinate's cron has a sixth field for seconds. However many workers
there are, each tick is queued once, and never while the same task still waits. A running delivery does not
stop the next tick: while there is a backlog, every second one more free worker joins in with batches of its
own. A job is only a call: what must be done stands in rows, so a job that is lost with its worker is deleted,
never repeated.
"""

import time

import sqlalchemy as sa
import structlog
from flask import Flask
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager

from webapp import clock
from webapp.jobs import tasks
from webapp.models import db

EVERY_SECOND = "* * * * * *"
EVERY_MINUTE = "* * * * *"
POLL_SECONDS = 0.5
TASKS_AT_ONCE = 4
RECONNECT_SECONDS = 2
PREPARING = 1_801_809_510  # the number of the advisory lock: one worker makes the tables

log = structlog.get_logger()


def run(app: Flask) -> None:
    """Work until a signal ends it; a database that is away is waited for. Raises ``ValueError`` on SQLite."""
    with app.app_context():
        if db.engine.dialect.name != "postgresql":
            raise ValueError("flask worker needs PostgreSQL; flask serve has its worker inside")
        prepare()
    while True:
        try:
            engine(app).run_worker(
                concurrency=TASKS_AT_ONCE,
                fetch_job_polling_interval=POLL_SECONDS,
                delete_jobs="always",
            )
        except ConnectorException as error:
            log.error("worker.database_away", error=type(error).__name__)
            time.sleep(RECONNECT_SECONDS)
        else:
            return


def prepare() -> None:
    """Make Procrastinate's tables where they are missing. A new version of it may bring migrations."""
    with db.engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(PREPARING)))
        if connection.scalar(sa.select(sa.func.to_regclass("procrastinate_jobs"))) is None:
            schema = SchemaManager.get_schema()
            connection.execution_options(no_parameters=True).exec_driver_sql(schema)


def engine(app: Flask) -> App:
    """Procrastinate with all tasks of Kenes, not yet open."""
    with app.app_context():
        address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    made = App(connector=PsycopgConnector(conninfo=address))
    _add_delivery(made, app)
    for name in tasks.EVERY_MINUTE:
        _add_minutely(made, app, name)
    _add_sweep(made)
    return made


def _add_delivery(made: App, app: Flask) -> None:
    @made.periodic(cron=EVERY_SECOND)
    @made.task(name="deliver_due", queueing_lock="deliver_due")
    def deliver_due(timestamp: int) -> None:
        with app.app_context():
            while tasks.deliver_due():
                pass


def _add_minutely(made: App, app: Flask, name: str) -> None:
    @made.periodic(cron=EVERY_MINUTE)
    @made.task(name=name, queueing_lock=name)
    def run_task(timestamp: int) -> None:
        with app.app_context():
            tasks.EVERY_MINUTE[name](clock.now())


def _add_sweep(made: App) -> None:
    @made.periodic(cron=EVERY_MINUTE)
    @made.task(name="sweep_stalled", queueing_lock="sweep_stalled")
    async def sweep_stalled(timestamp: int) -> None:
        for job in await made.job_manager.get_stalled_jobs():
            await made.job_manager.finish_job(job, Status.FAILED, delete_job=True)
