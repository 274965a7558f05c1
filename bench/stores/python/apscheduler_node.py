"""The counterpart of node.mjs for APScheduler: one JSON message a line on stdin and stdout."""

import json
import resource
import sys
import threading
import time
from datetime import datetime, timezone

from apscheduler.executors.pool import ThreadPoolExecutor as Pool
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

out = sys.stdout
out_lock = threading.Lock()
fires = {"job": [], "due": [], "at": []}
scheduler = None
store = None
profile = "default"


def tell(message):
    with out_lock:
        out.write(json.dumps(message) + "\n")
        out.flush()


def fire(index, due, every=None):
    at = time.time() * 1000
    if every is not None:
        # A handler is not told its slot: it is taken to be the latest one of the job that has come.
        due = at - (at - due) % every
    with out_lock:
        fires["job"].append(index)
        fires["due"].append(due)
        fires["at"].append(at)
    told.set()


told = threading.Event()


def tell_fires():
    last = 0
    while True:
        told.wait()
        told.clear()
        count = len(fires["job"])
        if count != last:
            last = count
            tell({"fired": count})
        time.sleep(0.005)


def instant(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc)


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wallMs": (time.perf_counter() - wall) * 1000, "cpuMs": (time.process_time() - cpu) * 1000}


def open_(space, settings):
    global scheduler, store
    url = space.get("url")
    if url:
        url = url.replace("postgres://", "postgresql+psycopg2://", 1)
    else:
        url = "sqlite:///" + space["database"]
    store = SQLAlchemyJobStore(url=url)
    scheduler = BackgroundScheduler(
        jobstores={"default": store},
        executors={"default": Pool(10)},
        job_defaults={"misfire_grace_time": None, "max_instances": 3},
        timezone="UTC",
    )
    # Paused: jobs are stored at once, and nothing fires until `start`.
    scheduler.start(paused=True)


def add_one_shots(jobs):
    for job in jobs:
        scheduler.add_job(
            fire, DateTrigger(instant(job["dueAt"]), timezone="UTC"), args=[job["index"], job["dueAt"]], id=f"job-{job['index']}"
        )


def add_recurring(jobs):
    for job in jobs:
        scheduler.add_job(
            fire,
            IntervalTrigger(seconds=1, start_date=instant(job["firstAt"]), timezone="UTC"),
            args=[job["index"], job["firstAt"], 1000],
            id=f"job-{job['index']}",
        )


def durability():
    if store.engine.dialect.name != "sqlite":
        return None
    with store.engine.connect() as connection:
        read = lambda name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
        return {"journal_mode": read("journal_mode"), "synchronous": ["OFF", "NORMAL", "FULL", "EXTRA"][read("synchronous")]}


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu": {"user": used.ru_utime * 1e6, "system": used.ru_stime * 1e6},
        "at": time.perf_counter() * 1000,
    }


METHODS = {
    "open": lambda p: open_(p["space"], p["settings"]),
    "addMany": lambda p: timed(lambda: add_one_shots(p["jobs"])),
    "addEach": lambda p: timed(lambda: add_one_shots(p["jobs"])),
    "addRecurring": lambda p: timed(lambda: add_recurring(p["jobs"])),
    "start": lambda p: scheduler.resume(),
    "fires": lambda p: fires,
    "durability": lambda p: durability(),
    "queries": lambda p: None,
    "cpu": lambda p: cpu(),
    "close": lambda p: scheduler.shutdown(wait=False) if scheduler else None,
}


def main():
    threading.Thread(target=tell_fires, daemon=True).start()
    for line in sys.stdin:
        message = json.loads(line)
        try:
            result = METHODS[message["method"]](message.get("params") or {})
            tell({"id": message["id"], "result": result})
        except Exception as error:  # answered, not raised: the caller decides
            tell({"id": message["id"], "error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
