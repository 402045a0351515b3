"""The coefficients in expm1_of of kernels_body.h: python3 expm1_coefficients.py (needs mpmath).

expm1(r) = r (1 + r q(r)), |r| <= ln(2) / 2. The polynomial q of degree 4 has the smallest largest error relative to expm1(r), found by
Remez' exchange; then each coefficient is rounded to single precision.
"""
import struct

import mpmath as mp

mp.mp.dps = 40
DEGREE = 4
BOUND = mp.log(2) / 2


def target(r):
    return (mp.expm1(r) - r) / r**2


def weight(r):
    """The error of q times this is the error of expm1 relative to expm1."""
    return abs(r**2 / mp.expm1(r))


def equioscillating(points):
    """The q whose weighted errors at DEGREE + 2 points are equal in size and alternate in sign."""
    n = DEGREE + 1
    a, b = mp.matrix(n + 1, n + 1), mp.matrix(n + 1, 1)
    for i, r in enumerate(points):
        for k in range(n):
            a[i, k] = r**k
        a[i, n] = (-1) ** i / weight(r)
        b[i] = target(r)
    return list(mp.lu_solve(a, b))[:n]


def extrema(q, grid):
    """One largest weighted error between two changes of sign; the DEGREE + 2 largest that follow each other."""
    found = []
    for r in grid:
        error = (target(r) - mp.polyval(q[::-1], r)) * weight(r)
        if found and mp.sign(error) == mp.sign(found[-1][1]):
            if abs(error) > abs(found[-1][1]):
                found[-1] = (r, error)
        else:
            found.append((r, error))
    while len(found) > DEGREE + 2:
        found.pop(0 if abs(found[0][1]) < abs(found[-1][1]) else -1)
    return found


def main():
    grid = [BOUND * (2 * mp.mpf(k) / 4001 - 1) for k in range(4002)]
    points = [BOUND * mp.cos(mp.pi * (2 * i + 1) / (2 * (DEGREE + 2))) for i in range(DEGREE + 2)]
    for _ in range(12):
        q = equioscillating(points)
        found = extrema(q, grid)
        points = [r for r, _ in found]
    print("largest error relative to expm1:", mp.nstr(max(abs(e) for _, e in found), 3))
    for k, c in enumerate(q):
        single = struct.unpack("f", struct.pack("f", float(c)))[0]
        print(f"r^{k + 2}: {single.hex()}")


if __name__ == "__main__":
    main()
