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
[ -f opt/da/include/deepattribution.h ]
