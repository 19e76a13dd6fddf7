#!/usr/bin/env bash
# Makes the environments: .venv for the workflow and its reductions, envs/inference-cpu for the
# language model. What is up to date is left alone, so that it can be run again at any time.
#
#     bash envs/install.sh            what the demo needs: workflow and language model on the CPU
#     bash envs/install.sh checks     the same, and what the tests and checks need
#     bash envs/install.sh gpu        workflow and language model on GPUs (envs/inference-gpu)
#     bash envs/install.sh croissant  workflow, and what validates a bundle's metadata (envs/croissant)
#
# PYTHON names the interpreter (default python3, 3.11 or newer). Everything comes from the package
# indexes that pip is set up for on this machine; the CPU build of PyTorch from there if they have
# it, else from the place that uv knows for it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-python3}
what=${1:-demo}
uv_version=0.13.9

fail() {
    printf 'Error: %s\nHint: %s\n' "$1" "$2" >&2
    exit 1
}

case $what in
demo) controller=controller worker=inference-cpu ;;
checks) controller=checks worker=inference-cpu ;;
gpu) controller=controller worker=inference-gpu ;;
croissant) controller=controller worker=croissant ;;
*) fail "envs/install.sh knows no '$what'" "say demo, checks, gpu or croissant" ;;
esac

command -v "$python" >/dev/null ||
    fail "there is no '$python'" "install Python 3.11 or newer, or name it: PYTHON=python3.12 bash envs/install.sh"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old" "name a newer one: PYTHON=python3.12 bash envs/install.sh"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "this Python cannot make environments" "Debian, Ubuntu: apt-get install python3-venv"

# uv does not read pip's settings: hand it the folders of wheels that this machine has. Not for GPUs:
# a CPU build of PyTorch there (2.13.0+cpu) counts as newer than the index's own (2.13.0)
if [[ $what != gpu && -z ${UV_FIND_LINKS:-} ]]; then
    links=${PIP_FIND_LINKS:-$("$python" -m pip config get global.find-links 2>/dev/null || true)}
    links=$(tr -s ' \n' ',' <<<"$links")
    links=${links%,}
    if [[ -n $links ]]; then
        export UV_FIND_LINKS=$links
    fi
fi

[[ -x .venv/bin/python ]] || "$python" -m venv .venv
[[ $(.venv/bin/uv --version 2>/dev/null) == "uv $uv_version "* ]] ||
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"

# install FOLDER NAME: the packages of envs/NAME.txt, and this package itself, into FOLDER
install() {
    local folder=$1 list=envs/$2.txt stamp=$1/.installed
    local sum
    sum=$(cat "$list" pyproject.toml | sha256sum)
    if [[ -f $stamp && $(<"$stamp") == "$sum" ]]; then
        return
    fi
    [[ -x $folder/bin/python ]] || .venv/bin/uv venv --quiet --python "$python" "$folder"
    echo "installing $list into $folder" >&2
    # every package is pinned, so nothing is to be resolved (--no-deps)
    local pip=(.venv/bin/uv pip install --quiet --python "$folder/bin/python" --no-deps)
    if ! "${pip[@]}" -r "$list"; then
        [[ $2 == inference-cpu ]] || fail "$list cannot be installed" "see the lines above"
        echo "trying again with the CPU builds of PyTorch" >&2
        "${pip[@]}" --torch-backend cpu -r "$list" ||
            fail "$list cannot be installed" "see the lines above; is there a network, and 4 GB of disk?"
    fi
    if [[ $2 == inference-gpu ]]; then
        "$folder/bin/python" -c 'import sys, torch; sys.exit(torch.version.cuda is None)' ||
            fail "the PyTorch in $folder was built without CUDA" "delete $folder, and take the CPU builds out of UV_FIND_LINKS"
    fi
    "${pip[@]}" --no-build-isolation --editable .
    # a hundred jobs then need not compile the same packages, nor write to a folder they may not
    "$folder/bin/python" -m compileall -q -j 0 "$folder"/lib/python*/site-packages >/dev/null || true
    printf '%s' "$sum" >"$stamp"
}

install .venv "$controller"
install "envs/$worker" "$worker"
