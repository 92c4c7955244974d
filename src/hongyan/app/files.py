"""What lies in a server's data folder."""

STORE_FILE = "hongyan.db"
KEY_FILE = "server.key"
SERVER_FILE = "server.json"  # while a server runs: its address and process
DEMO_FILE = "demo.json"
BLOBS = "blobs"
SNAPSHOTS = "snapshots"
