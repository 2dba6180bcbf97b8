"""Compiled loops over the normal form, one question each.

These files alone import numba. A kernel is compiled once per machine, when the project is
installed (`interpret.trees.compiled`), and read from disk ever after; its signatures are written
out, so that no call compiles anything on the way. Every kernel runs without the interpreter's
lock on a stretch of rows, `start` to `stop`, and what it adds up adds up over stretches.
"""
