"""procrastinate as a peer of Gantry's job engine; ../README.md says what is measured."""

import asyncio
import importlib.metadata
import json
import logging
import os
import sys
import time

import procrastinate
import psycopg

AT_ONCE = 1000
IDLE_SLOTS = 4
PAUSE = 0.01
WARM_UP = 5
UNFINISHED = "SELECT count(*) AS unfinished FROM procrastinate_jobs WHERE status <> 'succeeded'"


def application(slots):
    # One connection listens, one fetches, and each slot may be settling a job.
    connector = procrastinate.PsycopgConnector(
        conninfo=os.environ["DATABASE_URL"], min_size=slots + 2, max_size=slots + 2
    )
    app = procrastinate.App(connector=connector)
    starts = asyncio.Queue()

    @app.task(name="no_operation")
    async def no_operation(number):
        starts.put_nowait(time.perf_counter())

    return app, no_operation, starts


def worker(app, slots):
    return asyncio.create_task(app.run_worker_async(concurrency=slots, install_signal_handlers=False))


async def until_done(app):
    while (await app.connector.execute_query_one_async(UNFINISHED))["unfinished"]:
        await asyncio.sleep(0.005)


async def end(running, starts):
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    if not starts.empty():
        raise RuntimeError("jobs were handled more than once")


async def jobs_per_second(slots, count):
    app, task, starts = application(slots)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for first in range(0, count, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, count))
            await task.batch_defer_async(*({"number": number} for number in numbers))
        running = worker(app, slots)
        began = await starts.get()
        for _ in range(count - 1):
            await starts.get()
        await until_done(app)
        seconds = time.perf_counter() - began
        await end(running, starts)
    return count / seconds


async def start_waits(count):
    app, task, starts = application(IDLE_SLOTS)
    waits = []
    enqueuing = psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True)
    async with app.open_async(), await enqueuing as connection:
        await app.schema_manager.apply_schema_async()
        running = worker(app, IDLE_SLOTS)
        for number in range(-WARM_UP, count):
            await asyncio.sleep(PAUSE)
            async with connection.transaction():
                await task.configure(connection=connection).defer_async(number=number)
            committed = time.perf_counter()
            started = await starts.get()
            if number >= 0:
                waits.append(max(0.0, started - committed) * 1e3)
        await until_done(app)
        await end(running, starts)
    return sorted(waits)


async def main(measure, *numbers):
    line = {"peer": "procrastinate", "version": importlib.metadata.version("procrastinate")}
    if measure == "jobs":
        slots, count = map(int, numbers)
        line |= {"slots": slots, "jobs_per_second": await jobs_per_second(slots, count)}
    else:
        waits = await start_waits(int(numbers[0]))
        line |= {"start_p50_ms": waits[len(waits) * 50 // 100], "start_p99_ms": waits[len(waits) * 99 // 100]}
    print(json.dumps(line))


# It warns that this file is a program.
logging.getLogger("procrastinate").setLevel(logging.ERROR)
asyncio.run(main(*sys.argv[1:]))
