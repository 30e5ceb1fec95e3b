#!/usr/bin/env python3
"""A service of its own, in another language: tells customers in KakaoTalk's words what happens to their orders.

It joins without a change to any other service. It signs in as an operator, reads the published events (CloudEvents)
from the gateway's stream `GET /api/events`, and prints the message that a customer would get. What has been read is
kept in a file, so that a restart goes on where it was; an event that comes again (its `id` says so) is passed over. Only
who is killed between printing a message and remembering it prints that one again: at least once, never not at all.

    baedal                                    # in one window
    python3 examples/policy-handler.py        # in another
    baedal demo                               # in a third: watch the second

The stream is Server-Sent Events over HTTP, read with the standard library alone. That is the only transport there is
now: `--from nats` is kept for the day when events are carried by NATS, and says so until then.
"""

import argparse
import http.client
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request

# The ids of the last events are remembered, in case the position was not written before a crash.
REMEMBERED = 1000
# How long to wait before the gateway is tried again, in seconds.
PAUSE = 2
# A stream says every 15 s that it is alive; one that says nothing for longer is dead.
SILENCE = 40


def won(amount):
    return f"{amount:,}원"


def clock(time_of_day):
    """19:05 in Seoul, which has no summer time."""
    hour, minute = int(time_of_day[11:13]), time_of_day[14:16]
    return f"{(hour + 9) % 24:02}:{minute}"


# A policy for each event, named as on the wall: what is said when it happens. Nothing else of the system is known here.
POLICIES = {
    "baedal.app.OrderPlaced.v1": lambda d: (
        f"[주문 접수] {d['details']['storeName']['ko']}에 주문이 접수되었습니다. "
        f"주문번호 {d['details']['orderNumber']}, 결제금액 {won(d['details']['totalAmount'])}"
    ),
    "baedal.app.OrderProgressed.v1": lambda d: {
        "ACCEPTED": f"[주문 수락] {d['orderNumber']} 주문을 가게가 수락했습니다."
        + (f" {clock(d['eta'])}쯤 도착합니다." if d["eta"] else ""),
        "COOKING": f"[조리 시작] {d['orderNumber']} 주문의 조리를 시작했습니다.",
        "READY": f"[조리 완료] {d['orderNumber']} 음식이 준비되었습니다.",
        "DELIVERING": f"[배달 출발] {d['orderNumber']} 음식이 출발했습니다.",
    }.get(d["to"]),
    "baedal.app.OrderCompleted.v1": lambda d: f"[배달 완료] {d['orderNumber']} 주문이 완료되었습니다. 맛있게 드세요!",
    "baedal.app.OrderCancelled.v1": lambda d: (
        f"[주문 취소] {d['orderNumber']} 주문이 취소되었습니다."
        + (f" {won(d['refundAmount'])}을 돌려드립니다." if d["refundAmount"] else "")
    ),
    "baedal.app.OrderDelayed.v1": lambda d: f"[지연 안내] {d['orderNumber']} 주문이 {clock(d['newEta'])}쯤 도착합니다.",
    "baedal.app.PaymentFailed.v1": lambda d: f"[결제 실패] {d['orderNumber']} 주문의 결제가 거절되었습니다. 다른 수단으로 결제해 주세요.",
    "baedal.app.RefundRecorded.v1": lambda d: (
        f"[환불 완료] {d['orderNumber']} 주문의 {won(d['amount'])}이 환불되었습니다." if d["outcome"] == "DONE" else None
    ),
}


class Position:
    """How far the stream has been read, and the ids of the last events, in a file that is replaced whole."""

    def __init__(self, path):
        self.path, self.last, self.seen = path, None, []
        if os.path.exists(path):
            try:
                with open(path, encoding="utf-8") as file:
                    kept = json.load(file)
                self.last, self.seen = kept["last"], list(kept["seen"])
            except (OSError, ValueError, LookupError, TypeError) as broken:
                sys.exit(
                    f"{path} does not say how far was read ({broken}): remove it to begin anew, "
                    "or keep another file with --position"
                )

    def has(self, event_id):
        return event_id in self.seen

    def reached(self, last, event_id):
        self.last, self.seen = last, (self.seen + [event_id])[-REMEMBERED:]
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump({"last": self.last, "seen": self.seen}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.path + ".new", self.path)


def sign_in(server, login, password):
    body = json.dumps({"login": login, "password": password}).encode()
    request = urllib.request.Request(f"{server}/api/sessions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["token"]


def messages(answer):
    """The messages of a stream of Server-Sent Events, as pairs of id and data."""
    last, data = None, []
    for line in answer:
        line = line.decode("utf-8").rstrip("\r\n")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "id":
            last = value
        elif field == "data":
            data.append(value)
        elif not line:
            if data:
                yield last, "\n".join(data)
            data = []


def follow(arguments, position):
    """Reads the stream until it ends; what was read is remembered after its message was printed."""
    headers = {
        "Authorization": f"Bearer {sign_in(arguments.server, arguments.login, arguments.password)}",
        "Accept": "text/event-stream",
    }
    if position.last:
        headers["Last-Event-ID"] = position.last
    request = urllib.request.Request(f"{arguments.server}/api/events", headers=headers)
    with urllib.request.urlopen(request, timeout=SILENCE) as answer:
        print(f"# reading {arguments.server}/api/events after {position.last or 'the beginning'}", flush=True)
        for last, data in messages(answer):
            event = json.loads(data)
            if not position.has(event["id"]):
                policy = POLICIES.get(event["type"])
                text = policy(event["data"]) if policy else None
                if text:
                    print(f"{event['time'][:19]}Z {event['subject']} {text}", flush=True)
            position.reached(last, event["id"])


def main():
    parser = argparse.ArgumentParser(description="Prints the messages that customers get, from the published events.")
    parser.add_argument("--server", default="http://127.0.0.1:8088", help="the gateway (default: %(default)s)")
    parser.add_argument("--login", default="operator", help="who reads the events (default: %(default)s)")
    parser.add_argument("--password", default=os.environ.get("BAEDAL_PASSWORD", "baedal"), help="or BAEDAL_PASSWORD")
    parser.add_argument("--position", default="policy-handler.json", help="the file of what was read (default: %(default)s)")
    parser.add_argument("--from", dest="source", choices=["gateway", "nats"], default="gateway", help="where events come from")
    arguments = parser.parse_args()
    if arguments.source == "nats":
        parser.error("events are not carried by NATS yet; the gateway's stream is the one way there is: --from gateway")
    arguments.server = arguments.server.rstrip("/")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    position = Position(arguments.position)
    while True:
        try:
            follow(arguments, position)
        except urllib.error.HTTPError as refused:
            if refused.code in (401, 403):
                sys.exit(f"{arguments.login} may not read the events: {refused.code} {refused.reason}")
            print(f"# {refused.code}; trying again in {PAUSE} s", file=sys.stderr, flush=True)
        except (OSError, http.client.HTTPException) as lost:
            print(f"# {lost}; trying again in {PAUSE} s", file=sys.stderr, flush=True)
        time.sleep(PAUSE)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
