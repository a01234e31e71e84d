"""A contender's side of a comparison, as ../contending.ts: ready once, then a round for every line of input."""

import json
import struct
import sys
import time


def read_task():
    return json.loads(sys.argv[1])


def contend(facts, run_round):
    answer({"ready": facts})
    for _ in sys.stdin:
        started_at, cpu_before = time.perf_counter(), time.process_time()
        result = run_round()
        cpu = time.process_time() - cpu_before
        answer({"round": {**result, "cores": cpu / (time.perf_counter() - started_at)}})


def answer(message):
    print(json.dumps(message), flush=True)


def time_units(unit, min_ms):
    """Times units of work one after the other until they took min_ms, one at least."""
    unit_ms = []
    while sum(unit_ms) < min_ms:
        started_at = time.perf_counter()
        unit()
        unit_ms.append((time.perf_counter() - started_at) * 1000)
    return unit_ms


def read_weights(path):
    """The tensors of a safetensors file of F32, by name."""
    import torch

    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    weights = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=(end - start) // 4, offset=start)
        weights[name] = flat.reshape(entry["shape"]).clone()
    return weights


def as_linear(weights):
    """Matrices of blocks as PyTorch keeps them: [out, in]."""
    return {
        name: w.t().contiguous() if w.dim() == 2 and name.startswith("h.") else w
        for name, w in weights.items()
    }


class Random:
    """The xorshift32 of tests/support/gpt_spec.ts, uniform in [-0.5, 0.5)."""

    def __init__(self, seed):
        self.x = seed & 0xFFFFFFFF or 1

    def next(self):
        x = self.x
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self.x = x
        return x / 4294967296 - 0.5


def batch(size, step):
    """Tokens and targets of a step, as specBatches() of tests/support/gpt_spec.ts."""
    import torch

    random = Random(12345 + step * 977)
    tokens, targets = [], []
    for _ in range(size["B"]):
        token = int((random.next() + 0.5) * size["V"])
        for _ in range(size["T"]):
            tokens.append(token)
            token = (5 * token + 17 + (1 if random.next() > 0.3 else 0)) % size["V"]
            targets.append(token)
    shape = (size["B"], size["T"])
    return torch.tensor(tokens).view(shape), torch.tensor(targets).view(shape)
