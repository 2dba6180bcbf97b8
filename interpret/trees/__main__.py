"""`python -m interpret.trees` compiles the kernels, once per machine and version."""

from .compiled import compile_all, is_ready, parent

if __name__ == "__main__" and not is_ready():
    print("Compiling the exact engine, once for this machine and version (a minute or two)")
    seconds = compile_all()
    print(f"The kernels are ready in {parent()} ({seconds:.0f} CPU seconds).")
