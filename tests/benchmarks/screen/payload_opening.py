"""How long it takes until a payload of ten megabytes is on the screen.

Run it as `python -m tests.benchmarks.screen.payload_opening [MEGABYTES]`. A session without
components answers for the payload; what is measured is the workbench's own part, from the key to
the first rows, and a search from the last letter to its end. Prints milliseconds: of the clock, and
of processor time, which says more on a machine that is busy.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace

from runtime.protocol.replies import WholePayload
from runtime.protocol.requests import ReadPayload, Request
from tests.support.workbench.fakes import FakeLink, busy_update, element_line, opened, show
from workbench.payload_view.screen import PayloadViewScreen

MIB = 1024 * 1024
ROUNDS = 5


def payloads(megabytes: int) -> dict[str, tuple[bytes, str, str]]:
    """Payloads by what they are: bytes, content type, what is searched for."""
    record = {"host": "web-01", "cpu": 72.5, "memory": 4096, "state": "ok", "text": "ž" * 20}
    count = megabytes * MIB // len(json.dumps(record, ensure_ascii=False).encode())
    records = [{**record, "host": f"web-{number}"} for number in range(count)]
    last = f"web-{count - 1}"
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in records)
    return {
        "a list of objects": (json.dumps(records).encode(), "application/json", last),
        "an object with a list": (json.dumps({"items": records}).encode(), "", last),
        "lines of JSON": (lines.encode(), "application/x-ndjson", last),
        "text": ((lines + "\n").encode(), "text/plain", last),
        "one long line": (b"x" * (megabytes * MIB) + b"end", "text/plain", "end"),
        "bytes": (b"\0\xff" * (megabytes * MIB // 2) + b"end", "", "end"),
    }


class Answering(FakeLink):
    """Answers for the payload of any element at once."""

    def __init__(self, payload: bytes, content_type: str) -> None:
        super().__init__()
        self._payload = payload
        self._about = replace(
            element_line(7, payload[:160], len(payload)), content_type=content_type
        )

    def send(self, request: Request) -> None:
        super().send(request)
        if isinstance(request, ReadPayload):
            reply = WholePayload(request, self._about, data=self._payload)
            self.push(replace(self._latest, replies=(reply,)))


async def _measure(payload: bytes, content_type: str, sought: str) -> tuple[float, float, float]:
    link = Answering(payload, content_type)
    async with opened(link, (120, 36)) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        began, worked = time.perf_counter(), time.process_time()
        await pilot.press("V")
        while True:
            app.poll_link()
            await asyncio.sleep(0.001)
            screen = app.screen
            if isinstance(screen, PayloadViewScreen) and screen.opened_in:
                break
        took, work = time.perf_counter() - began, time.process_time() - worked
        began = time.perf_counter()
        found = await screen.finding.search(sought)
        searching = time.perf_counter() - began
        assert found, sought
        return took * 1000, work * 1000, searching * 1000


def main() -> None:
    """Measure each payload, and print the median and the worst of a few rounds."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    print(f"{megabytes} MiB, {ROUNDS} rounds, ms    open: median  worst processor  find: median")
    for name, (payload, content_type, sought) in payloads(megabytes).items():
        rounds = [asyncio.run(_measure(payload, content_type, sought)) for _ in range(ROUNDS)]
        opening, working, finding = (sorted(column) for column in zip(*rounds, strict=True))
        half = ROUNDS // 2
        print(
            f"{name:<22} {opening[half]:20.0f} {opening[-1]:6.0f} {working[half]:10.0f} "
            f"{finding[half]:14.0f}"
        )


if __name__ == "__main__":
    main()
