import os
import subprocess
import sys
from pathlib import Path

from tests.integration.conftest import settings_for
from webapp import migrating
from webapp.factory import create_app

START = """
import sys
from webapp import migrating
from webapp.factory import create_app

app = create_app()
with app.app_context():
    migrating.upgrade()
print(*sorted({"alembic", "jwt", "procrastinate", "requests", "yaml"} & sys.modules.keys()))
"""


def test_a_start_loads_nothing_that_only_commands_and_rooms_need(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path))
    with app.app_context():
        migrating.upgrade()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KENES_")}
    environment = {**inherited, "KENES_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-c", START]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
