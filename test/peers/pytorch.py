"""PyTorch at its best: flat parameters, buffers used again, forward and backward pass by hand. The same lines of JSON as
test/src/bench/serve.ts. `python3 pytorch.py TASK THREADS`"""

import json
import math
import sys
import time

try:
    import torch
except ImportError as reason:
    sys.exit(f"python3 has no torch ({reason})")

torch.set_grad_enabled(False)


def tensor_of(file, dtype):
    with open(file, "rb") as handle:
        return torch.frombuffer(bytearray(handle.read()), dtype=dtype)


class Training:
    def __init__(self, task):
        self.widths = task["widths"]
        self.batch = task["batchSize"]
        self.samples = task["samples"]
        self.probe = task["probeSamples"]
        self.relu = task["activation"] == "relu"
        self.classes = task["loss"] == "softmaxCrossEntropy"
        self.optimizer = task["optimizer"]
        is_bytes = task["features"]["type"] == "u8"
        x = tensor_of(task["features"]["file"], torch.uint8 if is_bytes else torch.float32)
        x = x.view(self.samples, self.widths[0])
        self.x = x.float() / 255 if is_bytes else x
        y = tensor_of(task["targets"]["file"], torch.int32 if self.classes else torch.float32)
        self.y = y.long() if self.classes else y.view(self.samples, -1)
        self.flat = tensor_of(task["weights"]["file"], torch.float32)
        self.grad = torch.zeros_like(self.flat)
        self.layers = self.views(self.flat)
        self.grads = self.views(self.grad)
        self.m = torch.zeros_like(self.flat)
        self.v = torch.zeros_like(self.flat)
        self.root = torch.zeros_like(self.flat)
        self.outs = [torch.empty(self.batch, width) for width in self.widths]
        self.deltas = [torch.empty(self.batch, width) for width in self.widths]
        self.rows = torch.arange(self.batch)
        self.t = 0
        self.order = None
        self.at = self.samples

    def views(self, flat):
        offset, layers = 0, []
        for inputs, units in zip(self.widths, self.widths[1:]):
            weight = flat[offset : offset + inputs * units].view(units, inputs)
            offset += inputs * units
            layers.append((weight, flat[offset : offset + units]))
            offset += units
        return layers

    def next_batch(self):
        if self.at + self.batch > self.samples:
            self.order = torch.randperm(self.samples)
            self.at = 0
        self.at += self.batch
        return self.order[self.at - self.batch : self.at]

    def step(self):
        indices = self.next_batch()
        outs, deltas = self.outs, self.deltas
        torch.index_select(self.x, 0, indices, out=outs[0])
        last = len(self.layers) - 1
        for i, (weight, bias) in enumerate(self.layers):
            z = outs[i + 1]
            torch.addmm(bias, outs[i], weight.t(), out=z)
            if i < last:
                torch.relu_(z) if self.relu else torch.tanh(z, out=z)
        delta = deltas[-1]
        if self.classes:
            torch.softmax(outs[-1], 1, out=delta)
            delta[self.rows, self.y[indices]] -= 1
            delta.mul_(1 / self.batch)
        else:
            torch.sub(outs[-1], self.y[indices], out=delta)
            delta.mul_(2 / self.batch)
        for i in range(last, -1, -1):
            weight = self.layers[i][0]
            torch.mm(deltas[i + 1].t(), outs[i], out=self.grads[i][0])
            torch.sum(deltas[i + 1], 0, out=self.grads[i][1])
            if i > 0:
                torch.mm(deltas[i + 1], weight, out=deltas[i])
                if self.relu:
                    torch.ops.aten.threshold_backward(deltas[i], outs[i], 0, grad_input=deltas[i])
                else:
                    torch.ops.aten.tanh_backward(deltas[i], outs[i], grad_input=deltas[i])
        self.update()

    def update(self):
        rate = self.optimizer["learningRate"]
        if self.optimizer["type"] == "sgd":
            self.flat.add_(self.grad, alpha=-rate)
            return
        self.t += 1
        self.m.mul_(0.9).add_(self.grad, alpha=0.1)
        self.v.mul_(0.999).addcmul_(self.grad, self.grad, value=0.001)
        correction = math.sqrt(1 - 0.999**self.t)
        torch.sqrt(self.v, out=self.root).add_(1e-8 * correction)
        self.flat.addcdiv_(self.m, self.root, value=-rate * correction / (1 - 0.9**self.t))

    def work(self, steps):
        for _ in range(steps):
            self.step()

    def loss(self):
        h = self.x[: self.probe]
        for i, (weight, bias) in enumerate(self.layers):
            h = torch.addmm(bias, h, weight.t())
            if i < len(self.layers) - 1:
                h = torch.relu(h) if self.relu else torch.tanh(h)
        if self.classes:
            return torch.nn.functional.cross_entropy(h, self.y[: self.probe]).item()
        return ((h - self.y[: self.probe]) ** 2).sum(1).mean().item()


class Product:
    def __init__(self, task):
        n = task["size"]
        self.a, self.b, self.c = torch.full((n, n), 0.5), torch.full((n, n), 0.5), torch.empty(n, n)

    def work(self, steps):
        for _ in range(steps):
            torch.mm(self.a, self.b, out=self.c)


def blas():
    """The library that multiplies: the reference BLAS is slower by an order of magnitude than OpenBLAS."""
    with open("/proc/self/maps") as maps:
        files = {line.split("/")[-1].strip() for line in maps if "/" in line}
    names = [f for f in files if "openblas" in f or "mkl_" in f] or [f for f in files if f.startswith("libblas")]
    return names[0].split(".so")[0] if names else "its own BLAS"


def timed(work, steps):
    begin = time.perf_counter()
    work(steps)
    return time.perf_counter() - begin


def main():
    with open(sys.argv[1]) as handle:
        task = json.load(handle)
    torch.set_num_threads(int(sys.argv[2]))
    contestant = Training(task) if task["kind"] == "training" else Product(task)
    say = lambda line: print(json.dumps(line), flush=True)
    loss = lambda: {"loss": contestant.loss()} if hasattr(contestant, "loss") else {}
    contestant_loss = loss()
    rate = 1 / timed(contestant.work, 1)
    text = f"PyTorch {torch.__version__}, {blas() if sys.platform == 'linux' else 'its own BLAS'}"
    say({"ready": text, **contestant_loss})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "loss":
            say(loss())
            continue
        if command["do"] == "warm up":
            begin, steps = time.perf_counter(), 1
            while time.perf_counter() - begin < command["ms"] / 1000:
                steps = max(1, min(2 * steps, round(rate * command["ms"] / 1000)))
                rate = steps / timed(contestant.work, steps)
            say({})
            continue
        steps = max(1, round(rate * command["ms"] / 1000))
        seconds = timed(contestant.work, steps)
        rate = steps / seconds
        say({"steps": steps, "seconds": seconds})


main()
