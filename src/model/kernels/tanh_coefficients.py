"""The coefficients in scaled_tanh of kernels_body.h: python3 tanh_coefficients.py (needs mpmath).

tanh(z) = z p(z^2) / q(z^2), |z| <= BOUND. p and q of degree 4, q(0) = 1, have the smallest largest error relative to tanh(z), found by
Remez' exchange; then each coefficient is rounded to single precision.
"""
import struct

import mpmath as mp

mp.mp.dps = 40
DEGREE = 4
N_POINTS = 2 * DEGREE + 2  # as many as unknowns: p, q without q(0), and the error
BOUND = mp.mpf(8)


def target(z):
    return mp.tanh(z) / z


def value(p, q, z):
    return mp.polyval(p[::-1], z**2) / mp.polyval(q[::-1], z**2)


def equioscillating(points, q):
    """The p and q whose relative errors at the points are equal in size and alternate in sign. Linear once the q that the error is
    multiplied with is known: it is that of the round before."""
    for _ in range(30):
        a, b = mp.matrix(N_POINTS, N_POINTS), mp.matrix(N_POINTS, 1)
        for i, z in enumerate(points):
            for k in range(DEGREE + 1):
                a[i, k] = z ** (2 * k)
            for k in range(1, DEGREE + 1):
                a[i, DEGREE + k] = -target(z) * z ** (2 * k)
            a[i, N_POINTS - 1] = (-1) ** i * target(z) * mp.polyval(q[::-1], z**2)
            b[i] = target(z)
        found = list(mp.lu_solve(a, b))
        before, q = q, [mp.mpf(1)] + found[DEGREE + 1:-1]
        if max(abs(x - y) for x, y in zip(before, q)) < mp.mpf(10) ** -25:
            break
    return found[:DEGREE + 1], q


def extrema(p, q, grid):
    """One largest relative error between two changes of sign; the N_POINTS largest that follow each other."""
    found = []
    for z in grid:
        error = value(p, q, z) / target(z) - 1
        if found and mp.sign(error) == mp.sign(found[-1][1]):
            if abs(error) > abs(found[-1][1]):
                found[-1] = (z, error)
        else:
            found.append((z, error))
    while len(found) > N_POINTS:
        found.pop(0 if abs(found[0][1]) < abs(found[-1][1]) else -1)
    return found


def main():
    grid = [BOUND * (mp.mpf(k) + 0.5) / 3000 for k in range(3000)]
    points = [BOUND * mp.sin(mp.pi * (i + 0.5) / (2 * N_POINTS)) for i in range(N_POINTS)]
    q = [mp.mpf(1)] + [mp.mpf(0)] * DEGREE
    for _ in range(25):
        p, q = equioscillating(points, q)
        found = extrema(p, q, grid)
        points = [z for z, _ in found]
    print("largest relative error:", mp.nstr(max(abs(e) for _, e in found), 3))
    for name, coefficients in (("p", p), ("q", q)):
        for k, c in enumerate(coefficients):
            single = struct.unpack("f", struct.pack("f", float(c)))[0]
            print(f"{name}, z^{2 * k}: {single.hex()}")


if __name__ == "__main__":
    main()
