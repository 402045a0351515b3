# An installed program runs where neither the build folder nor .deps is looked at, below DESTDIR too.
DESTDIR="$PWD/image" cmake --install "$DA_BUILD" --prefix /opt/da >log
cmake --install "$DA_BUILD" --prefix "$PWD/opt/da" >>log
diff <(cd image/opt && find . | sort) <(cd opt && find . | sort)

# The word before => is the library wanted, the word after is the file found.
for program in opt/da/bin/deepattribution opt/da/lib*/libdeepattribution.so; do
  if ldd "$program" | grep -e "not found" -e "$DA_ROOT"; then
    echo "expected $program to need nothing from the source tree" >&2
    exit 1
  fi
done
[ "$(opt/da/bin/deepattribution --version)" = "$(deepattribution --version)" ]

# The header stands alone, and a stranger's program builds with what pkg-config says. (A library with sanitizers wants
# a program with sanitizers, so there it is only compiled.)
printf '#include <deepattribution.h>\nint main(void) { return da_version()[0] == 0; }\n' >stranger.c
words=$(PKG_CONFIG_PATH=$(echo opt/da/lib*/pkgconfig) pkg-config --cflags --libs deepattribution)
# shellcheck disable=SC2086  # a list of words
cc -std=c99 -Wall -Wextra -pedantic -Werror -c stranger.c $words
nm -D opt/da/lib*/libdeepattribution.so >symbols # not piped: grep -q would break the pipe
if ! grep -q __asan_init symbols; then
  # shellcheck disable=SC2086
  cc stranger.c $words -o stranger
  LD_LIBRARY_PATH=$(echo opt/da/lib*) ./stranger
fi
