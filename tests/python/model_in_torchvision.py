"""Loads a run's model.safetensors into torchvision's ResNet-18 with the code that README.md shows.

    model_in_torchvision.py README.md FOLDER

FOLDER has model.safetensors and probe.safetensors, with `images` and the `logits` that lockstep computes for them.
"""
import pathlib
import re
import sys

try:
    import torch
    import torchvision
except ImportError as missing:
    print(f"skipped: {missing}; apt-get install python3-torch python3-torchvision")
    sys.exit(77)

TOLERANCE = 1e-4  # float32 convolutions in another order, relative to the largest logit


def load_model_of(readme):
    """The function `load_model` of the README's Python block."""
    for block in re.findall(r"```python\n(.*?)```", pathlib.Path(readme).read_text(), re.S):
        names = {}
        exec(block.split("\n\n")[0], names)  # the function; what follows shows how it is called
        if "load_model" in names:
            return names["load_model"]
    sys.exit(f"{readme} has no Python block with load_model")


def distance(state, probe):
    network = torchvision.models.resnet18(num_classes=state["fc.bias"].numel())
    network.load_state_dict(state, strict=True)
    network.eval()
    with torch.no_grad():
        logits = network(probe["images"])
    return ((logits - probe["logits"]).abs().max() / probe["logits"].abs().max()).item()


load_model = load_model_of(sys.argv[1])
folder = pathlib.Path(sys.argv[2])
state = load_model(folder / "model.safetensors")
probe = load_model(folder / "probe.safetensors")
found = distance(state, probe)
print(f"logits differ by {found:.1e} of the largest")
if not found <= TOLERANCE:
    sys.exit("torchvision computes something else")
# The comparison can fail: statistics of one BatchNorm a little off.
state["bn1.running_mean"] += 0.05
if distance(state, probe) <= TOLERANCE:
    sys.exit("the comparison does not see a changed model")
