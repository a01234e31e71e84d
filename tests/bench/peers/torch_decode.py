"""Plain PyTorch on the processor as a contender: greedy decoding with a KV cache, f32, batch 1. A unit of work is a
token, its time the mean over those after the prompt."""

import math
import time

STARTED_AT = time.perf_counter()

import torch
import torch.nn.functional as F

from contending import as_linear, contend, read_task, read_weights

# From this size on torch.mv is two to three times as fast as F.linear for one row.
LARGE = 1 << 20

task = read_task()
size = task["size"]
L, H, C, T, V = (size[letter] for letter in "LHCTV")
D = C // H
torch.set_num_threads(task["threads"])
weights = as_linear(read_weights(task["weights"]))
keys = torch.zeros(L, H, T, D)
values = torch.zeros(L, H, T, D)
future = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)


def product(x, w, bias=None):
    if x.shape[0] > 1 or w.numel() < LARGE:
        return F.linear(x, w, bias)
    y = torch.mv(w, x[0]).unsqueeze(0)
    return y if bias is None else y.add_(bias)


def linear(x, name):
    return product(x, weights[name + ".weight"], weights[name + ".bias"])


def norm(x, name):
    return F.layer_norm(x, (C,), weights[name + ".weight"], weights[name + ".bias"])


def attend(x, layer, start):
    rows = x.shape[0]
    end = start + rows
    q, k, v = linear(x, f"h.{layer}.attn.c_attn").view(rows, 3, H, D).permute(1, 2, 0, 3)
    keys[layer, :, start:end] = k
    values[layer, :, start:end] = v
    scores = torch.matmul(q, keys[layer, :, :end].transpose(-2, -1)) * (1.0 / math.sqrt(D))
    if rows > 1:
        scores = scores.masked_fill(future[start:end, :end], float("-inf"))
    y = torch.softmax(scores, -1).matmul(values[layer, :, :end])
    return linear(y.permute(1, 0, 2).reshape(rows, C), f"h.{layer}.attn.c_proj")


def next_token(ids, start):
    x = weights["wte.weight"][ids] + weights["wpe.weight"][start : start + len(ids)]
    for layer in range(L):
        x = x + attend(norm(x, f"h.{layer}.ln_1"), layer, start)
        wide = F.gelu(linear(norm(x, f"h.{layer}.ln_2"), f"h.{layer}.mlp.c_fc"), approximate="tanh")
        x = x + linear(wide, f"h.{layer}.mlp.c_proj")
    return int(product(norm(x[-1:], "ln_f"), weights["wte.weight"])[0].argmax())


prompt = [(i * 7 + 3) % V for i in range(task["prompt"])]


@torch.no_grad()
def generate(count):
    ids = [next_token(torch.tensor(prompt), 0)]
    started_at = time.perf_counter()
    while len(ids) < count:
        ids.append(next_token(torch.tensor(ids[-1:]), len(prompt) + len(ids) - 1))
    return ids, (time.perf_counter() - started_at) * 1000 / max(1, count - 1)


generate(1)
first_unit_ms = (time.perf_counter() - STARTED_AT) * 1000
ids, _ = generate(task["tokens"])

contend(
    {
        "adapter": f"processor, {torch.get_num_threads()} threads",
        "version": f"PyTorch {torch.__version__}",
        "firstUnitMs": first_unit_ms,
        "tokens": ids,
    },
    lambda: {"unitMs": [generate(task["tokens"])[1], generate(task["tokens"])[1]]},
)
