"""What PyTorch answers with the weights of a safetensors file.

Argument: the file. Standard input: rows of bytes as JSON, [rows][inputs]. Prints {"torch": version, "outputs":
[rows][outputs]}. Exits with 3 where there is no PyTorch.
"""

import json
import struct
import sys

try:
    import torch
except ImportError:
    sys.exit(3)


def load(path):
    """Tensors and metadata, by the package of the format where it is installed."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__")
    try:
        from safetensors.torch import load_file

        return load_file(path), metadata
    except ImportError:
        pass
    data = bytearray(content[8 + length :])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data[begin:end], dtype=torch.float32)
        tensors[name] = values.reshape(entry["shape"]).clone()
    return tensors, metadata


ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": torch.relu,
    "elu": torch.nn.functional.elu,
    "gelu": lambda z: torch.nn.functional.gelu(z, approximate="tanh"),
    "tanh": torch.tanh,
}


class Network(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.activations = [layer["activation"] for layer in model["layers"]]
        layers = []
        inputs = model["inputSize"]
        for layer in model["layers"]:
            layers.append(torch.nn.Linear(inputs, layer["units"], bias=layer["bias"] == "unit"))
            inputs = layer["units"]
        self.layers = torch.nn.ModuleList(layers)

    def forward(self, x):
        for layer, activation in zip(self.layers, self.activations):
            x = ACTIVATIONS[activation](layer(x))
        return x


saved, metadata = load(sys.argv[1])
network = Network(json.loads(metadata["model"]))
network.load_state_dict({name: value for name, value in saved.items() if name.startswith("layers.")})
with torch.no_grad():
    outputs = network(torch.tensor(json.load(sys.stdin), dtype=torch.float32) / 255)
json.dump({"torch": str(torch.__version__), "outputs": outputs.tolist()}, sys.stdout)
