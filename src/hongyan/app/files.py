"""What lies in a server's data folder."""

DEMO_FOLDER = "hongyan-demo"  # where `hongyan demo` keeps everything unless told otherwise

STORE_FILE = "hongyan.db"
CAPTURES_FILE = "requests.db"
KEY_FILE = "server.key"
SERVER_FILE = "server.json"  # while a server runs: its address and process
DEMO_FILE = "demo.json"
BLOBS = "blobs"
SNAPSHOTS = "snapshots"
CLOCK_FILE = "sandbox-clock.json"
LAST_BACKUP_FILE = "last-backup.json"  # when the last backup was made, and where
