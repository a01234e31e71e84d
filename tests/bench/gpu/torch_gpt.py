"""The models of the GPU bench in PyTorch, timed on the same shapes, for the ratio between both.

A trial of tests/bench/gpu: writes one JSON object a line, {"figure", "value"}, {"skip"} or {"error"}. Runs on CUDA where
there is a device, else on the CPU. GPT-2 as sheepop trains it: pre-norm, learned positions, GELU by tanh, tied head, AdamW
on every step, no dropout, no clipping. Precisions: f32 with TF32 off, f32 with TF32 on, and bf16 by autocast.
"""

import argparse
import contextlib
import json
import math
import statistics
import sys
import time


def write(line):
    print(json.dumps(line), flush=True)


def record(figure, value):
    write({"figure": figure, "value": value})


try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError as error:
    write({"skip": f"python has no torch: {error}"})
    sys.exit(0)

ON_CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if ON_CUDA else "cpu")
HAS_COMPILE = hasattr(torch, "compile")
HAS_SDPA = hasattr(F, "scaled_dot_product_attention")
PRECISIONS = ["f32", "tf32", "bf16"] if ON_CUDA else ["f32"]
WARM_UP_STEPS = 3
PROMPT_TOKENS = 16


class Block(nn.Module):
    def __init__(self, C, H):
        super().__init__()
        self.H = H
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.c_attn, self.c_proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.up, self.down = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(self, x, attend):
        B, T, C = x.shape
        q, k, v = self.c_attn(self.ln_1(x)).split(C, dim=2)
        q, k, v = (part.view(B, T, self.H, C // self.H).transpose(1, 2) for part in (q, k, v))
        y = attend(q, k, v).transpose(1, 2).reshape(B, T, C)
        x = x + self.c_proj(y)
        return x + self.down(F.gelu(self.up(self.ln_2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, size):
        super().__init__()
        C, T, V = size["C"], size["T"], size["V"]
        self.wte, self.wpe = nn.Embedding(V, C), nn.Embedding(T, C)
        self.blocks = nn.ModuleList(Block(C, size["H"]) for _ in range(size["L"]))
        self.ln_f = nn.LayerNorm(C)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def hidden(self, tokens, positions, attends):
        x = self.wte(tokens) + self.wpe(positions)
        for block, attend in zip(self.blocks, attends):
            x = block(x, attend)
        return F.linear(self.ln_f(x), self.wte.weight)

    def forward(self, tokens, targets):
        T = tokens.shape[1]
        positions = torch.arange(T, device=tokens.device)
        logits = self.hidden(tokens, positions, [causal_attention] * len(self.blocks))
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


def causal_attention(q, k, v):
    if HAS_SDPA:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    T = q.shape[2]
    mask = torch.ones(T, T, dtype=torch.bool, device=q.device).tril()
    return masked_attention(q, k, v, mask)


def masked_attention(q, k, v, mask):
    if HAS_SDPA:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    scores = (q @ k.transpose(2, 3)) / math.sqrt(q.shape[3])
    return scores.masked_fill(~mask, -math.inf).softmax(dim=3) @ v


def synchronize():
    if ON_CUDA:
        torch.cuda.synchronize()


def set_precision(precision):
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


def autocast(precision):
    return torch.autocast(DEVICE.type, dtype=torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def training_rate(size, precision, compiled, seconds):
    set_precision(precision)
    torch.manual_seed(1)
    model = Gpt(size).to(DEVICE)
    options = {"fused": True} if ON_CUDA and HAS_COMPILE else {}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, **options)
    run = torch.compile(model) if compiled else model
    shape = (size["B"], size["T"])
    tokens = torch.randint(size["V"], shape, device=DEVICE)
    targets = torch.randint(size["V"], shape, device=DEVICE)
    if ON_CUDA:
        torch.cuda.reset_peak_memory_stats()

    def step():
        with autocast(precision):
            loss = run(tokens, targets)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss

    started = time.perf_counter()
    first_loss = step().item()
    first_step = time.perf_counter() - started
    for _ in range(WARM_UP_STEPS - 1):
        step()
    median, rounds = timed_rounds(step, seconds)
    result = {
        "ms_per_step": median * 1e3,
        "tokens_per_second": size["B"] * size["T"] / median,
        "first_step_ms": first_step * 1e3,
        "rounds": rounds,
        "first_loss": first_loss,
    }
    if ON_CUDA:
        result["memory_mib"] = torch.cuda.max_memory_allocated() / 2**20
    return result


def timed_rounds(run, seconds, rounds=5):
    """Median time of one run, over rounds that are each waited for once."""
    synchronize()
    started = time.perf_counter()
    run()
    synchronize()
    once = time.perf_counter() - started
    count = max(1, min(200, int(seconds / rounds / max(once, 1e-6))))
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(count):
            run()
        synchronize()
        times.append((time.perf_counter() - started) / count)
    return statistics.median(times), rounds


@torch.no_grad()
def decoding_rate(size, batch, precision, compiled, seconds):
    set_precision(precision)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    model = Gpt(size).to(DEVICE, dtype)
    H, D, S = size["H"], size["C"] // size["H"], size["T"]
    cache = torch.zeros(size["L"], 2, batch, H, S, D, device=DEVICE, dtype=dtype)
    places = torch.arange(S, device=DEVICE)

    def attend(layer):
        def over_cache(q, k, v, position):
            cache[layer, 0].index_copy_(2, position, k)
            cache[layer, 1].index_copy_(2, position, v)
            return masked_attention(q, cache[layer, 0], cache[layer, 1], places <= position)

        return over_cache

    attends = [attend(layer) for layer in range(size["L"])]

    def next_token(token, position):
        over_cache = [lambda q, k, v, a=a: a(q, k, v, position) for a in attends]
        return model.hidden(token, position, over_cache)[:, -1].argmax(dim=1, keepdim=True)

    run = torch.compile(next_token, mode="reduce-overhead") if compiled else next_token
    token = torch.randint(size["V"], (batch, 1), device=DEVICE)
    new_tokens = min(256, S - PROMPT_TOKENS)
    rates = []
    started_all = time.perf_counter()
    for _ in range(5):
        synchronize()
        started = time.perf_counter()
        for i in range(new_tokens):
            position = torch.full((1,), PROMPT_TOKENS + i, device=DEVICE, dtype=torch.long)
            token = run(token, position).clone()
        synchronize()
        rates.append(batch * new_tokens / (time.perf_counter() - started))
        if time.perf_counter() - started_all > 4 * seconds and len(rates) > 1:
            break
    # The first round compiles.
    return {"tokens_per_second": statistics.median(rates[1:]), "new_tokens": new_tokens, "rounds": len(rates) - 1}


def measure(name, run):
    """Records a figure, or why there is none: one precision that fails must not cost the others."""
    try:
        record(name, run())
    except Exception as error:  # a driver's or compiler's error is a result here
        record(name, {"reason": str(error).strip().split("\n")[0][:200]})
    if ON_CUDA:
        torch.cuda.empty_cache()
    if HAS_COMPILE:
        torch._dynamo.reset()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["train", "decode"])
    parser.add_argument("--size", type=json.loads, required=True)
    parser.add_argument("--mode", choices=["eager", "compiled"], default="eager")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=6, help="measured time of each precision")
    arguments = parser.parse_args()
    size, seconds, compiled = arguments.size, arguments.seconds, arguments.mode == "compiled"
    if compiled and not HAS_COMPILE:
        write({"skip": f"torch {torch.__version__} has no torch.compile"})
        return
    record("torch", torch.__version__)
    record("device", torch.cuda.get_device_name() if ON_CUDA else "cpu")
    record("size", {**size, "B": arguments.batch if arguments.what == "decode" else size["B"]})
    for precision in PRECISIONS:
        if arguments.what == "train":
            measure(precision, lambda: training_rate(size, precision, compiled, seconds))
        elif precision != "tf32":
            measure(precision, lambda: decoding_rate(size, arguments.batch, precision, compiled, seconds))


main()
