"""emulated.py [--processor MODEL] [--without CASE] [--seconds N] TEST...: runs test programs on a processor that this machine does not have.

A Linux kernel boots inside the emulator Bochs with the tests, the fixtures and the libraries they need in its initramfs, runs one after
the other, and writes what they say to the serial port, which is a file here. Exit: 0 all passed, 1 one failed, was skipped (but for CASE,
which this processor cannot run), or did not end in time, 77 no emulator. Everything comes from Debian's packages by scripts/bootstrap --emulator; DA_BOCHS names another Bochs.
MODEL is one of `bochs --help cpu`. The emulator says nothing about speed."""
import argparse
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ROOT / ".deps/emulator"  # Debian packages, unpacked over each other
LIBRARIES = PACKAGES / "usr/lib/x86_64-linux-gnu"
FIXTURES = "src/model/fixtures"  # tests run in the root of the repository
LAST_LINE = "all tests have run"

# The emulated XSAVEC reports a size that Linux refuses, and then does without AVX: it goes by XSAVE instead. The kernel's own
# tests of its ciphers would take longer than ours.
KERNEL_OPTIONS = "console=ttyS0 quiet nokaslr mitigations=off panic=-1 clearcpuid=xsavec,xsaves cryptomgr.notests"

BOOT_MENU = f"""DEFAULT tests
PROMPT 0
LABEL tests
 KERNEL /vmlinuz
 INITRD /initrd
 APPEND {KERNEL_OPTIONS}
"""

INIT = f"""#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
for test in /tests/*; do
  $test 2>&1
  echo "exit ${{test##*/}} $?"
done
echo {LAST_LINE}
/bin/busybox sleep 2
/bin/busybox poweroff -f
"""

MACHINE = """plugin_ctrl: speaker=0
config_interface: textconfig
display_library: term
cpu: model={processor}, count=1, ips=50000000
memory: guest=512, host=512
romimage: file={packages}/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file={packages}/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path={folder}/boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={folder}/serial
clock: sync=none
log: {folder}/log
panic: action=fatal
"""


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def copy_into(tree, path, name=None):
    """Copies the file path to tree/name, or to where it lies here."""
    target = tree / str(name or path).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)
    return target


def make_initramfs(folder, tests):
    """The tests with their libraries and fixtures, and the script that runs them; packed by busybox."""
    tree = folder / "initramfs"
    for name in ("proc", "tmp"):
        (tree / name).mkdir(parents=True)
    busybox = copy_into(tree, PACKAGES / "bin/busybox", "bin/busybox")
    for test in tests:
        run("strip", copy_into(tree, test, f"tests/{test.name}"))
        for library in re.findall(r"(/\S+) \(0x", run("ldd", test)):
            copy_into(tree, library)
    shutil.copytree(ROOT / FIXTURES, tree / FIXTURES)
    (tree / "init").write_text(INIT, encoding="utf-8")
    (tree / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
    with open(folder / "iso/initrd", "wb") as initrd:
        subprocess.run([busybox, "cpio", "-o", "-H", "newc"], check=True, cwd=tree, input=names.encode(), stdout=initrd, stderr=subprocess.DEVNULL)


def make_boot_disc(folder, tests):
    """folder/boot.iso, from which a BIOS boots."""
    (folder / "iso/isolinux").mkdir(parents=True)
    make_initramfs(folder, tests)
    shutil.copy(next((PACKAGES / "boot").glob("vmlinuz-*")), folder / "iso/vmlinuz")
    shutil.copy(PACKAGES / "usr/lib/ISOLINUX/isolinux.bin", folder / "iso/isolinux")
    shutil.copy(PACKAGES / "usr/lib/syslinux/modules/bios/ldlinux.c32", folder / "iso/isolinux")
    (folder / "iso/isolinux/isolinux.cfg").write_text(BOOT_MENU, encoding="utf-8")
    run(PACKAGES / "usr/bin/genisoimage", "-quiet", "-o", folder / "boot.iso", "-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat",
        "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", folder / "iso")


@contextlib.contextmanager
def emulator(folder, processor):
    """The running emulator; killed at the end, if it still runs."""
    (folder / "machine").write_text(MACHINE.format(processor=processor, packages=PACKAGES, folder=folder), encoding="utf-8")
    environment = {**os.environ, "TERM": "vt100"}
    bochs = os.environ.get("DA_BOCHS")
    if not bochs:
        bochs = PACKAGES / "usr/bin/bochs-bin"
        environment |= {"LD_LIBRARY_PATH": str(LIBRARIES), "LTDL_LIBRARY_PATH": str(LIBRARIES / "bochs/plugins")}
    with open(folder / "screen", "wb") as screen:
        process = subprocess.Popen([bochs, "-q", "-f", folder / "machine"], env=environment, stdin=subprocess.PIPE, stdout=screen,
                                   stderr=subprocess.STDOUT)
    try:
        process.stdin.write(b"continue\n")  # Debian's Bochs begins in its debugger
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.wait()


def run_tests(folder, processor, seconds):
    """The lines that came over the serial port, and whether the tests came to their end."""
    serial, deadline = folder / "serial", time.monotonic() + seconds
    with emulator(folder, processor) as process:
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.5)
    lines = serial.read_text(encoding="utf-8", errors="replace").splitlines() if serial.exists() else []
    return lines, LAST_LINE in lines


def faults(lines, ended, arguments):
    """One sentence for each thing that is not as it should be."""
    found = [] if ended else [f"expected the tests to end within {arguments.seconds} seconds, but they did not"]
    exits = dict(re.findall(r"^exit (\S+) (\d+)$", "\n".join(lines), re.MULTILINE))
    for test in arguments.tests:
        if exits.get(test.name) != "0":
            found.append(f"expected {test.name} to exit with 0 but found {exits.get(test.name, 'no end of it')}")
    # The emulator is there so that nothing need be skipped.
    skipped = {match.group(1) for line in lines if (match := re.match(r"\[ *SKIPPED *\] (\w+)$", line))}
    found += [f"expected {case} to run but it was skipped" for case in sorted(skipped - set(arguments.without))]
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--processor", default="corei7_skylake_x")
    parser.add_argument("--without", action="append", default=[], metavar="CASE")
    parser.add_argument("--seconds", type=int, default=900)
    parser.add_argument("tests", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    if not (PACKAGES / "usr/bin/bochs-bin").exists():
        print("skipped: expected Bochs in .deps/emulator; run scripts/bootstrap --emulator")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_boot_disc(folder, arguments.tests)
        lines, ended = run_tests(folder, arguments.processor, arguments.seconds)
        wrong = faults(lines, ended, arguments)
        print("\n".join(line for line in lines if wrong or not re.match(r"\[ *\d+\.\d+\] ", line)))
        if not ended:
            print((folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:])
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
