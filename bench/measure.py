"""What the measurements share: building, starting and stopping a server, and writing their tables."""
import json, os, platform, re, signal, sqlite3, subprocess, sys, time, urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "target" / "release"


def build():
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "baedal", "--bins", "--examples"], cwd=ROOT, check=True)


def wait_for(url, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        try:
            urllib.request.urlopen(url, timeout=1).read()
            return
        except OSError:
            time.sleep(0.01)
    sys.exit(f"nothing answers at {url}")


def count(database, what):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute(what).fetchone()[0]


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)


def ask(method, path, body=None, role=None):
    """Asks the gateway, as one of the demo people where a role is named."""
    headers = {"Content-Type": "application/json"}
    if role:
        headers["Authorization"] = f"Bearer {token(role)}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:8088/api{path}", data, headers, method=method)
    return json.loads(urllib.request.urlopen(request, timeout=10).read())


TOKENS = {}


def token(role):
    if role not in TOKENS:
        TOKENS[role] = ask("POST", "/sessions", {"login": role, "password": "baedal"})["token"]
    return TOKENS[role]


class Server:
    def __init__(self, directory, *settings, program=None):
        self.data = directory / "data"
        self.began = time.time()
        TOKENS.clear()
        program = program or [TARGET / "baedal", "--data-dir", self.data, "--set", "log.level=error"]
        self.process = subprocess.Popen([*program, *settings], stdout=subprocess.DEVNULL)
        wait_for("http://127.0.0.1:8088/health/ready")

    def placed(self):
        return count(self.data / "app.db", "SELECT count(*) FROM events WHERE type = 'OrderPlaced'")


def settle(seconds=180):
    """Waits until nobody is behind."""
    end = time.time() + seconds
    while time.time() < end:
        behind = 0
        for name in ("app", "pay", "store", "customer", "delivery"):
            found = ask("GET", f"/operations/{name}/lag", role="operator")
            sources = found["items"] if isinstance(found, dict) else found
            behind += sum(source["behind"] for source in sources)
        if behind == 0:
            return
        time.sleep(0.05)
    sys.exit("consumers did not catch up")


def machine():
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())[1]
    total = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 1024 / 1024
    return f"{os.cpu_count()} cores ({cpu}), {total:.0f} GiB, Linux {platform.release()}"


def write(section, text):
    """Puts `text` between the marks of `section` in docs/performance.md."""
    page = ROOT / "docs" / "performance.md"
    new = re.sub(rf"(<!-- {section} -->\n).*?(<!-- end -->)", lambda m: f"{m[1]}{text}{m[2]}", page.read_text(), flags=re.S)
    page.write_text(new)
