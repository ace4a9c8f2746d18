#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Every header compiles alone, and the public ones also as C++. Runs in the build folder, where
# the generated headers are.
set -u
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
failed=0
count=0
include=(-I"$root/include" -I"$root" -I"$PWD/include" -I"$PWD/bpf" -D_GNU_SOURCE)

# compile FILE COMMAND...: the header as a translation unit of its own
compile() {
    local header=$1
    shift
    count=$((count + 1))
    # shellcheck disable=SC2068
    if ! echo "#include \"$header\"" | "$@" "${include[@]}" -Wall -Wextra -Werror -fsyntax-only -; then
        echo "failed alone: $header ($1)"
        failed=$((failed + 1))
    fi
}

c=${CC:-cc}
cpp=$(command -v c++ || command -v g++ || command -v clang++ || command -v clang) || cpp=
while IFS= read -r -d '' header; do
    compile "$header" "$c" -x c -std=gnu17
    case $header in
    "$root"/include/*) [ -z "$cpp" ] || compile "$header" "$cpp" -x c++ -std=c++17 ;;
    esac
done < <(find "$root"/{include,engine,extract,transport,cli} "$root/bpf/abi.h" "$root/tests/test.h" \
    -name '*.h' -print0)

[ -n "$cpp" ] || echo "no C++ compiler: the public headers were tried as C only"
echo "$count compilations, $failed failed"
[ "$failed" -eq 0 ] && [ "$count" -gt 0 ]
