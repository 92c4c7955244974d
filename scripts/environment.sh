# Sourced by ./demo, ./test, ./check and ./hongyan: makes sure that .venv holds what the requirement files pin. Needs $root.
# .venv/.complete names the requirement file the environment was built from and its checksum. It is written last and taken
# away first, so that a build that failed or was interrupted is never taken for a whole one.

venv=$root/.venv
stamp=$venv/.complete
lock=$root/.venv.lock

stamp_of() {
    printf '%s %s\n' "$1" "$(cksum <"$root/$1")"
}

# use_environment FILE: sets $python. The development environment holds everything, so whoever has it keeps it.
use_environment() {
    python=$venv/bin/python
    if is_complete "$1"; then return; fi
    take_turn
    is_complete "$1" || build_environment "$(larger "$1")"
    end_turn
}

larger() {
    case $(cat "$stamp" 2>/dev/null) in requirements-dev.txt*) echo requirements-dev.txt ;; *) echo "$1" ;; esac
}

is_complete() {
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(stamp_of "$(larger "$1")")" ] && "$python" -c '' 2>/dev/null
}

# One script builds at a time. The lock is a link that names its owner, so that one left behind by a crash is seen as such.
take_turn() {
    until ln -s $$ "$lock" 2>/dev/null; do
        if kill -0 "$(readlink "$lock")" 2>/dev/null; then sleep 1; else rm -f "$lock"; fi
    done
    trap end_turn EXIT
    trap 'exit 130' INT TERM HUP
}

end_turn() {
    rm -f "$lock"
    trap - EXIT INT TERM HUP
}

build_environment() {
    echo "Preparing .venv from $1 (the first time, and when that file changes) ..." >&2
    # A whole environment is brought up to date in place, because a server may be running from it.
    if [ ! -f "$stamp" ] || ! "$python" -c '' 2>/dev/null; then
        rm -rf "$venv"
        make_venv
    fi
    rm -f "$stamp"
    if ! install_packages "$root/$1"; then
        echo "The packages could not be installed; the reason stands above." >&2
        exit 1
    fi
    stamp_of "$1" >"$stamp"
}

make_venv() {
    base=$(find_python) || exit 1
    if command -v uv >/dev/null 2>&1 && uv venv --quiet --python "$base" "$venv"; then return; fi
    "$base" -m venv "$venv" || exit 1
}

install_packages() {
    if command -v uv >/dev/null 2>&1 && uv pip install --quiet --require-hashes --python "$python" -r "$1"; then return; fi
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null || return 1
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
}

# find_python: prints the first Python from 3.11 on that can make environments, else says what brings one.
find_python() {
    lacking=
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        if command -v uv >/dev/null 2>&1 || "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
        [ -n "$lacking" ] || lacking=$("$candidate" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    done
    if [ -n "$lacking" ]; then
        echo "Python lacks its venv module. This brings it:  $(install_with "$lacking")" >&2
    else
        echo "Hongyan needs Python 3.11 or newer. This brings it:  $(install_with python3.11-venv)" >&2
    fi
    return 1
}

install_with() {
    sudo=
    [ "$(id -u)" = 0 ] || sudo='sudo '
    if command -v apt >/dev/null 2>&1; then
        echo "${sudo}apt install -y $1"
    elif command -v dnf >/dev/null 2>&1; then
        echo "${sudo}dnf install -y python3.12"
    elif command -v apk >/dev/null 2>&1; then
        echo "${sudo}apk add python3"
    else
        echo "brew install python@3.12"
    fi
}
