"""Tries system calls that a sandbox must not make, and prints for each what the kernel answered."""

import ctypes
import json
import os
import platform
import threading

X64 = platform.machine() == "x86_64"
libc = ctypes.CDLL(None, use_errno=True)


def call(number: int, *arguments: object) -> str:
    ctypes.set_errno(0)
    if libc.syscall(ctypes.c_long(number), *arguments) >= 0:
        return "allowed"
    return os.strerror(ctypes.get_errno())


zero = ctypes.c_long(0)
numbers: dict[str, int] = json.loads(os.environ["NUMBERS"])
answers = {
    name: call(number, *[zero] * 6) for name, number in numbers.items() if name not in ("clone", "socket")
}
# Joining a new session keyring, and reading the user's.
answers["keyctl join"] = call(numbers["keyctl"], ctypes.c_long(1), zero)
answers["clone of a user namespace"] = call(numbers["clone"], ctypes.c_long(0x10000000 | 17), *[zero] * 4)
answers["clone3"] = call(435, zero, zero)
answers["virtual socket"] = call(numbers["socket"], ctypes.c_long(40), ctypes.c_long(1), zero)
if X64:
    answers["x32 getpid"] = call(0x40000000 | 39)
for name in ("keys", "key-users"):
    with open(f"/proc/{name}") as file:
        answers[f"/proc/{name}"] = file.read()

# What every program needs goes on.
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
answers["fork"] = "allowed" if os.waitpid(os.spawnlp(os.P_NOWAIT, "true", "true"), 0)[1] == 0 else "failed"
print(json.dumps(answers))
