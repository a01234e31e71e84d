"""Plain PyTorch on the processor as a contender: the training step of tests/support/gpt_spec.ts, f32."""

import math
import time

STARTED_AT = time.perf_counter()

import torch
import torch.nn.functional as F

from contending import as_linear, batch, contend, read_task, read_weights, time_units

WARM_UP_STEPS = 2

task = read_task()
size = task["size"]
L, H, C, T, B, V = (size[letter] for letter in "LHCTBV")
torch.set_num_threads(task["threads"])

weights = {name: torch.nn.Parameter(w) for name, w in as_linear(read_weights(task["weights"])).items()}
optimizer = torch.optim.AdamW(
    [
        {"params": [w for w in weights.values() if w.dim() == 2], "weight_decay": 0.1},
        {"params": [w for w in weights.values() if w.dim() == 1], "weight_decay": 0.0},
    ],
    lr=1e-3,
    betas=(0.9, 0.95),
    eps=1e-8,
    foreach=True,
)
future = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)


def linear(x, name):
    return F.linear(x, weights[name + ".weight"], weights[name + ".bias"])


def norm(x, name):
    return F.layer_norm(x, (C,), weights[name + ".weight"], weights[name + ".bias"])


def attend(x, block):
    q, k, v = linear(x, block + ".attn.c_attn").view(B, T, 3, H, C // H).permute(2, 0, 3, 1, 4)
    if hasattr(F, "scaled_dot_product_attention"):
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    else:
        scores = torch.matmul(q, k.transpose(-2, -1)) * (1.0 / math.sqrt(C // H))
        y = torch.softmax(scores.masked_fill(future, float("-inf")), -1).matmul(v)
    return linear(y.transpose(1, 2).reshape(B, T, C), block + ".attn.c_proj")


def loss_of(tokens, targets):
    x = F.embedding(tokens, weights["wte.weight"]) + weights["wpe.weight"]
    for layer in range(L):
        block = f"h.{layer}"
        x = x + attend(norm(x, block + ".ln_1"), block)
        wide = F.gelu(linear(norm(x, block + ".ln_2"), block + ".mlp.c_fc"), approximate="tanh")
        x = x + linear(wide, block + ".mlp.c_proj")
    logits = F.linear(norm(x, "ln_f"), weights["wte.weight"])
    return F.cross_entropy(logits.view(-1, V), targets.reshape(-1))


def step(tokens, targets):
    loss = loss_of(tokens, targets)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


done = 0


def next_batch():
    global done
    done += 1
    return batch(size, done - 1)


losses = [step(*next_batch())]
first_unit_ms = (time.perf_counter() - STARTED_AT) * 1000
while len(losses) < WARM_UP_STEPS:
    losses.append(step(*next_batch()))

# Making a batch is slow in Python and no work of PyTorch's: one batch serves a round.
def run_round():
    tokens, targets = next_batch()
    return {"unitMs": time_units(lambda: step(tokens, targets), task["minMs"])}


contend(
    {
        "adapter": f"processor, {torch.get_num_threads()} threads",
        "version": f"PyTorch {torch.__version__}",
        "firstUnitMs": first_unit_ms,
        "losses": losses,
    },
    run_round,
)
