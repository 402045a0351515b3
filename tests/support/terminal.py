"""terminal.py PROGRAM ARGUMENT...: runs a program with stderr on a terminal of its own, and prints what a person would have seen there:
one line a redrawing of the progress line. Its exit code is the program's."""
import os
import pty
import sys


def main():
    ours, theirs = pty.openpty()
    child = os.fork()
    if child == 0:
        os.dup2(theirs, 2)
        os.close(ours)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execvp(sys.argv[1], sys.argv[1:])
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece
    print(seen.decode("utf-8", "replace").replace("\r\x1b[K", "\n").replace("\r\n", "\n"))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
